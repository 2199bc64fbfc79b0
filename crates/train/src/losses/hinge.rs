//! The hinge loss of support vector machines.

use burn::tensor::Tensor;
use kindling_data::Column;
use kindling_models::OutputSpec;
use serde::{Deserialize, Serialize};

use super::{Loss, Output, Target, check_classes, check_values};
use crate::TrainError;

/// Hinge loss: `max(1 - target * prediction, 0)`. Keras' `Hinge`.
///
/// Targets are -1 and 1, or 0 and 1 (0 is converted to -1), `[batch]` or `[batch, ..., units]`. Negative predictions
/// mean the first class, others the second. The last activation is usually `Linear` or `Tanh`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hinge;

#[typetag::serde]
impl Loss for Hinge {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        let target = target.values();
        let zeros = target.clone().equal_elem(0.0).float();
        let margin = output.predictions() * (target - zeros);
        output.per_sample(margin.neg().add_scalar(1.0).clamp_min(0.0))
    }

    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        check_values(self.name(), output, target)?;
        check_classes(output, target, 2)?;
        check_zeros(target)
    }
}

/// Checks that targets with zeros contain only zeros and ones. Keras converts zeros only in batches that consist of
/// zeros and ones, so with other targets the loss of a sample would depend on its batch.
fn check_zeros(target: &Column) -> Result<(), TrainError> {
    let data = target.data();
    let other = data.iter::<f64>().find(|value| *value != 0.0 && *value != 1.0);
    match other.filter(|_| data.iter::<f64>().any(|value| value == 0.0)) {
        None => Ok(()),
        Some(value) => Err(TrainError::Mismatch(format!(
            "Hinge needs targets of -1 and 1 or of 0 and 1, but these have 0 and {value}: use one of the two encodings"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use kindling_models::activations::{Linear, Tanh};

    use super::*;
    use crate::losses::testing::{BINARY, LOGITS, SHAPE, assert_close, assert_losses, measure};

    /// `keras.losses.Hinge()(target, keras.activations.*(logits))`, on JAX.
    #[test]
    fn both_encodings_of_targets_match_keras() {
        assert_losses(Hinge, Linear, &BINARY, [0.8125, 0.8125]);
        assert_losses(Hinge, Tanh, &BINARY, [0.7722851, 0.7722851]);
        let signs = BINARY.map(|target| 2.0 * target - 1.0);
        assert_losses(Hinge, Linear, &signs, [0.8125, 0.8125]);
    }

    #[test]
    fn gradient_is_zero_outside_the_margin() {
        let (_, gradient) = measure(Hinge, Linear, &LOGITS, &BINARY, SHAPE);
        let signs = [0.0, 1.0, -1.0, 1.0, 0.0, 1.0, -1.0, -1.0, 1.0, 1.0, 0.0, 1.0];
        assert_close(&gradient, &signs.map(|sign| sign / 12.0), 1e-8);
    }

    #[test]
    fn zeros_with_other_targets_than_ones_are_an_error() {
        let check = |targets: Vec<f32>| {
            Hinge.check(&OutputSpec::new("output", [1]), &Column::floats(targets).unwrap())
        };
        assert!(check(vec![0.0, 1.0, 1.0]).is_ok());
        assert!(check(vec![-1.0, 1.0, 1.0]).is_ok());
        let error = check(vec![-1.0, 0.0, 1.0]).unwrap_err().to_string();
        assert!(error.contains("these have 0 and -1"), "{error}");
        let classes = Column::classes(vec![0, 2]).unwrap();
        let error = Hinge.check(&OutputSpec::new("output", [1]), &classes).unwrap_err().to_string();
        assert!(error.contains("sample 1 has label 2"), "{error}");
    }
}
