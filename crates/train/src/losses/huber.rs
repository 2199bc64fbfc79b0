//! The Huber loss: squared error for small errors, absolute error for large ones.

use burn::tensor::Tensor;
use kindling_data::Column;
use kindling_models::OutputSpec;
use serde::{Deserialize, Serialize};

use super::{Loss, Output, Target, check_values};
use crate::TrainError;

/// Huber loss: `error² / 2` for errors up to `delta`, and `delta * |error| - delta² / 2` for larger ones. Keras'
/// `Huber`.
///
/// The gradient of outliers is at most `delta`. Targets are numbers, `[batch]` or `[batch, ..., units]`.
///
/// Source: Huber, "Robust Estimation of a Location Parameter", 1964.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Huber {
    /// Error at which the loss changes from quadratic to linear, above 0. Default: 1.
    pub delta: f64,
}

impl Huber {
    /// Creates the loss that is quadratic up to an error of `delta`.
    pub fn new(delta: f64) -> Self {
        Self { delta }
    }
}

impl Default for Huber {
    fn default() -> Self {
        Self::new(1.0)
    }
}

#[typetag::serde]
impl Loss for Huber {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        let error = (output.predictions() - target.values()).abs();
        let near = error.clone().clamp_max(self.delta);
        // error² / 2 where `near` equals the error, and the linear part where it equals `delta`.
        output.per_sample(near.clone() * (error - near.mul_scalar(0.5)))
    }

    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        if !(self.delta.is_finite() && self.delta > 0.0) {
            return Err(TrainError::argument("delta of Huber", self.delta, "give a number above 0"));
        }
        check_values(self.name(), output, target)
    }
}

#[cfg(test)]
mod tests {
    use kindling_models::activations::Linear;

    use super::*;
    use crate::losses::testing::{LOGITS, REAL, SHAPE, assert_close, assert_losses, measure};

    /// `keras.losses.Huber(delta)(target, logits)`, on JAX.
    #[test]
    fn values_match_keras() {
        assert_losses(Huber::default(), Linear, &REAL, [0.9114584, 0.9114584]);
        assert_losses(Huber::new(0.5), Linear, &REAL, [0.5260417, 0.5260417]);
    }

    #[test]
    fn gradient_is_the_error_clipped_to_delta() {
        let (_, gradient) = measure(Huber::new(0.5), Linear, &LOGITS, &REAL, SHAPE);
        let error = |(logit, target): (&f32, &f32)| f64::from(logit - target);
        let force = |error: f64| error.clamp(-0.5, 0.5) / 12.0;
        let expected: Vec<f64> = LOGITS.iter().zip(&REAL).map(error).map(force).collect();
        assert_close(&gradient, &expected, 1e-8);
        // At the error `delta` on both sides, at 0, and at a large error.
        let (loss, gradient) = measure(Huber::default(), Linear, &[1.0, -1.0, 0.0, 1e30], &[0.0; 4], [1, 4]);
        assert_close(&gradient, &[0.25, -0.25, 0.0, 0.25], 1e-8);
        assert!((loss / 0.25e30 - 1.0).abs() < 1e-6, "{loss}");
    }

    #[test]
    fn delta_must_be_positive() {
        let column = Column::floats(vec![1.0_f32]).unwrap();
        let check = |delta| Huber::new(delta).check(&OutputSpec::new("output", [1]), &column);
        assert!(check(1e-3).is_ok());
        for delta in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = check(delta).unwrap_err().to_string();
            assert_eq!(error, format!("delta of Huber is {delta}: give a number above 0"));
        }
    }
}
