//! Cross-entropies, computed from logits where that is exact.

use burn::tensor::{Tensor, activation::log_softmax};
use kindling_data::Column;
use kindling_models::{
    OutputSpec,
    activations::{Sigmoid, Softmax},
};
use serde::{Deserialize, Serialize};

use super::{EPSILON, Loss, Output, Target, check_classes, check_values, is_classes, steps_and_units};
use crate::TrainError;

/// `-log(probability of the target's class)`. Keras' `SparseCategoricalCrossentropy`.
///
/// Targets are class indices, `[batch]` or `[batch, steps]`. Computed from logits where the last activation is
/// `Softmax`; other outputs are scaled to a sum of 1 and clipped to 1e-7 and 1 - 1e-7, as in Keras.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SparseCategoricalCrossentropy;

/// `-sum(target * log(probability))`. Keras' `CategoricalCrossentropy`.
///
/// Targets are one-hot or other distributions, `[batch, ..., classes]`. Computed from logits where the last activation
/// is `Softmax`; other outputs are scaled to a sum of 1 and clipped to 1e-7 and 1 - 1e-7, as in Keras.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CategoricalCrossentropy {
    /// Share of each target that is spread evenly over all classes, from 0 to 1. Default: 0.
    pub label_smoothing: f64,
}

/// `-(target * log(p) + (1 - target) * log(1 - p))`, the mean over units. Keras' `BinaryCrossentropy`.
///
/// Targets are 0 and 1, or probabilities, `[batch]` or `[batch, ..., units]`. Computed from logits where the last
/// activation is `Sigmoid`; other outputs are clipped to 1e-7 and 1 - 1e-7, as in Keras.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BinaryCrossentropy {
    /// Share of the way that targets are moved towards 0.5, from 0 to 1. Default: 0.
    pub label_smoothing: f64,
}

impl CategoricalCrossentropy {
    /// Creates the loss with this share of each target spread over all classes.
    pub fn label_smoothing(label_smoothing: f64) -> Self {
        Self { label_smoothing }
    }
}

impl BinaryCrossentropy {
    /// Creates the loss with targets moved this share of the way towards 0.5.
    pub fn label_smoothing(label_smoothing: f64) -> Self {
        Self { label_smoothing }
    }
}

#[typetag::serde]
impl Loss for SparseCategoricalCrossentropy {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        output.per_sample(log_probabilities(output).gather(1, target.classes()).neg())
    }

    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        let classes = several_units(self.name(), output)?;
        if !is_classes(target) {
            return Err(TrainError::Mismatch(format!(
                "SparseCategoricalCrossentropy compares class indices, the targets are {:?}: give Column::classes, or \
                 use CategoricalCrossentropy for one-hot targets",
                target.kind()
            )));
        }
        check_classes(output, target, classes)
    }
}

#[typetag::serde]
impl Loss for CategoricalCrossentropy {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        let (values, [_, classes]) = (target.values(), output.dims());
        let smoothed = match self.label_smoothing {
            0.0 => values,
            share => values * (1.0 - share) + share / classes as f64,
        };
        output.per_sample((log_probabilities(output) * smoothed).sum_dim(1).neg())
    }

    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        check_smoothing(self.label_smoothing)?;
        several_units(self.name(), output)?;
        check_values(self.name(), output, target)
    }
}

#[typetag::serde]
impl Loss for BinaryCrossentropy {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        let target = match self.label_smoothing {
            0.0 => target.values(),
            share => target.values() * (1.0 - share) + 0.5 * share,
        };
        let logits = output.logits();
        if output.activation().is::<Sigmoid>() {
            // max(x, 0) - x * target + log(1 + exp(-|x|)): no exponential overflows. The signs are constants, so that
            // the gradient at 0 is that of the sigmoid and not the 0 of the kinks.
            let positive = logits.clone().detach().greater_equal_elem(0.0).float();
            let negative_size = logits.clone() * positive.clone().mul_scalar(-2.0).add_scalar(1.0);
            return output.per_sample(logits * (positive - target) + negative_size.exp().log1p());
        }
        let probability = output.predictions().clamp(EPSILON, 1.0 - EPSILON);
        let missed = target.clone().neg().add_scalar(1.0) * probability.clone().neg().add_scalar(1.0).log();
        output.per_sample((target * probability.log() + missed).neg())
    }

    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        check_smoothing(self.label_smoothing)?;
        check_values(self.name(), output, target)?;
        check_classes(output, target, 2)
    }
}

/// Returns the logarithm of each class' probability, `[rows, classes]`.
fn log_probabilities(output: &Output) -> Tensor<2> {
    if output.activation().is::<Softmax>() {
        return log_softmax(output.logits(), 1);
    }
    let predictions = output.predictions();
    let sum = predictions.clone().sum_dim(1);
    (predictions / sum).clamp(EPSILON, 1.0 - EPSILON).log()
}

/// Returns the number of units if there are several.
fn several_units(loss: &str, output: &OutputSpec) -> Result<usize, TrainError> {
    match steps_and_units(output).1 {
        0 | 1 => Err(TrainError::Mismatch(format!(
            "{loss} needs one unit for each class, the network has 1: widen the last layer, or use BinaryCrossentropy"
        ))),
        units => Ok(units),
    }
}

fn check_smoothing(share: f64) -> Result<(), TrainError> {
    match (0.0..=1.0).contains(&share) {
        true => Ok(()),
        false => Err(TrainError::argument("label_smoothing", share, "give a share from 0 to 1")),
    }
}

#[cfg(test)]
mod tests {
    use kindling_models::{
        IntoPart,
        activations::{Activation, Linear, Relu, Tanh},
    };

    use super::*;
    use crate::losses::testing::{BINARY, LOGITS, SHAPE, SHARES, assert_close, measure};

    /// The mean losses of label smoothing by 0.1, 0.5 and 1.
    fn smoothed<L: Loss>(
        loss: fn(f64) -> L,
        activation: impl IntoPart<dyn Activation> + Clone,
        target: &[f32],
    ) -> [f64; 3] {
        [0.1, 0.5, 1.0].map(|share| measure(loss(share), activation.clone(), &LOGITS, target, SHAPE).0)
    }

    /// `keras.losses.CategoricalCrossentropy(label_smoothing=..)(target, keras.activations.*(logits))`, on JAX.
    #[test]
    fn categorical_label_smoothing_has_keras_values() {
        let categorical = CategoricalCrossentropy::label_smoothing;
        let expected = [1.3753840, 1.5787174, 1.8328841];
        assert_close(&smoothed(categorical, Softmax, &SHARES), &expected, 2e-6);
        let expected = [1.0361159, 1.1768267, 1.3527153];
        assert_close(&smoothed(categorical, Sigmoid, &SHARES), &expected, 2e-6);
    }

    /// `keras.losses.BinaryCrossentropy(label_smoothing=..)(target, keras.activations.*(logits))`, on JAX.
    #[test]
    fn binary_label_smoothing_has_keras_values() {
        let binary = BinaryCrossentropy::label_smoothing;
        let expected = [0.6489698, 0.7864698, 0.9583448];
        assert_close(&smoothed(binary, Sigmoid, &BINARY), &expected, 2e-6);
        let expected = [0.6206152, 0.8786769, 1.2012541];
        assert_close(&smoothed(binary, Softmax, &BINARY), &expected, 2e-6);
        let expected = [3.2532635, 3.8930264, 4.6927299];
        assert_close(&smoothed(binary, Tanh, &BINARY), &expected, 4e-6);
        let clipped = [5.5640440, 6.1196241, 6.8140993];
        assert_close(&smoothed(binary, Relu, &BINARY), &clipped, 4e-6);
        assert_close(&smoothed(binary, Linear, &BINARY), &clipped, 4e-6);
    }

    #[test]
    fn label_smoothing_is_a_share() {
        let column = Column::floats(vec![[1.0_f32, 0.0]]).unwrap();
        let output = OutputSpec::new("output", [2]);
        for share in [-0.1, 1.1, f64::NAN] {
            let losses: [&dyn Loss; 2] = [
                &CategoricalCrossentropy::label_smoothing(share),
                &BinaryCrossentropy::label_smoothing(share),
            ];
            for loss in losses {
                let error = loss.check(&output, &column).unwrap_err().to_string();
                assert_eq!(error, format!("label_smoothing is {share}: give a share from 0 to 1"));
            }
        }
    }
}
