//! Cross-entropy losses, computed from logits where possible for numerical stability.

use std::sync::Arc;

use burn::tensor::{Tensor, activation::log_softmax};
use kindling_data::Column;
use kindling_models::{
    OutputSpec,
    activations::{Activation, Linear, Sigmoid, Softmax},
};
use kindling_ops::{
    kernel::Kernel,
    kernels::{Classes, SigmoidCrossEntropy, SoftmaxCrossEntropy},
};
use serde::{Deserialize, Serialize};

use super::{
    EPSILON, Loss, Output, Target, check_classes, check_values, classes,
    fused::{numbers, on_cpu},
    is_classes,
};
use crate::TrainError;

/// Cross-entropy for class indices: `-log(probability of the target class)`. Keras' `SparseCategoricalCrossentropy`.
///
/// Targets are class indices, `[batch]` or `[batch, steps]`. If the last activation is `Softmax`, the loss is
/// computed from logits. Other outputs are normalized to a sum of 1 and clipped to the range from 1e-7 to 1 - 1e-7,
/// as in Keras.
///
/// The name without braces is the loss with its defaults:
///
/// ```
/// use kindling_train::losses::SparseCategoricalCrossentropy;
///
/// assert_eq!(SparseCategoricalCrossentropy, SparseCategoricalCrossentropy::default());
/// // For a network whose last activation is `Linear`.
/// let loss = SparseCategoricalCrossentropy.from_logits(true);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SparseCategoricalCrossentropy {
    /// Whether predictions are logits instead of probabilities. Default: false.
    pub from_logits: bool,
}

/// The loss with its defaults: predictions are probabilities.
// A constant of the same name as the struct lets callers write this loss like the unit structs of other losses.
#[allow(non_upper_case_globals, reason = "it is used like a unit struct")]
pub const SparseCategoricalCrossentropy: SparseCategoricalCrossentropy =
    SparseCategoricalCrossentropy { from_logits: false };

/// Cross-entropy for one-hot targets: `-sum(target * log(probability))`. Keras' `CategoricalCrossentropy`.
///
/// Targets are one-hot vectors or other probability distributions, `[batch, ..., classes]`. If the last activation is
/// `Softmax`, the loss is computed from logits. Other outputs are normalized to a sum of 1 and clipped to the range
/// from 1e-7 to 1 - 1e-7, as in Keras.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CategoricalCrossentropy {
    /// Whether predictions are logits instead of probabilities. Default: false.
    pub from_logits: bool,
    /// Label smoothing, from 0 to 1: the fraction of each target that is spread evenly over all classes. Default: 0.
    pub label_smoothing: f64,
}

/// Cross-entropy for binary targets: the mean of `-(target * log(p) + (1 - target) * log(1 - p))` over units. Keras'
/// `BinaryCrossentropy`.
///
/// Targets are 0 and 1 or probabilities, `[batch]` or `[batch, ..., units]`. If the last activation is `Sigmoid`, the
/// loss is computed from logits. Other outputs are clipped to the range from 1e-7 to 1 - 1e-7, as in Keras.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BinaryCrossentropy {
    /// Whether predictions are logits instead of probabilities. Default: false.
    pub from_logits: bool,
    /// Label smoothing, from 0 to 1: targets become `target * (1 - label_smoothing) + 0.5 * label_smoothing`.
    /// Default: 0.
    pub label_smoothing: f64,
}

impl SparseCategoricalCrossentropy {
    /// Sets whether predictions are logits instead of probabilities. Default: false.
    pub fn from_logits(self, from_logits: bool) -> Self {
        Self { from_logits }
    }
}

impl CategoricalCrossentropy {
    /// Creates the loss with label smoothing, from 0 to 1: the fraction of each target that is spread evenly over all
    /// classes.
    pub fn label_smoothing(label_smoothing: f64) -> Self {
        Self { label_smoothing, ..Self::default() }
    }

    /// Sets whether predictions are logits instead of probabilities. Default: false.
    pub fn from_logits(self, from_logits: bool) -> Self {
        Self { from_logits, ..self }
    }

    fn smoothed(&self, target: &Target, output: &Output) -> Tensor<2> {
        let (values, [_, classes]) = (target.values(), output.dims());
        match self.label_smoothing {
            0.0 => values,
            share => values * (1.0 - share) + share / classes as f64,
        }
    }
}

impl BinaryCrossentropy {
    /// Creates the loss with label smoothing, from 0 to 1: targets are moved by this fraction of the way toward 0.5.
    pub fn label_smoothing(label_smoothing: f64) -> Self {
        Self { label_smoothing, ..Self::default() }
    }

    /// Sets whether predictions are logits instead of probabilities. Default: false.
    pub fn from_logits(self, from_logits: bool) -> Self {
        Self { from_logits, ..self }
    }

    fn smoothed(&self, target: &Target) -> Tensor<2> {
        match self.label_smoothing {
            0.0 => target.values(),
            share => target.values() * (1.0 - share) + 0.5 * share,
        }
    }
}

#[typetag::serde]
impl Loss for SparseCategoricalCrossentropy {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        if let Some(losses) = on_cpu(self, output, target) {
            return losses;
        }
        let classes = target.classes();
        output.per_sample(log_probabilities(output, self.from_logits).gather(1, classes).neg())
    }

    fn kernel(&self, output: &Output, target: &Target) -> Option<Arc<dyn Kernel>> {
        let units = units_of_logits::<Softmax>(output, self.from_logits)?;
        let targets = Classes::One(target.classes().into_data().iter().collect());
        Some(Arc::new(SoftmaxCrossEntropy { targets, units }))
    }

    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        let classes = classes(self.name(), output, "BinaryCrossentropy")?;
        if !is_classes(target) {
            return Err(TrainError::Mismatch(format!(
                "SparseCategoricalCrossentropy needs class indices, but the targets are {:?}: use Column::classes, or \
                 CategoricalCrossentropy for one-hot targets",
                target.kind()
            )));
        }
        check_classes(output, target, classes)
    }
}

#[typetag::serde]
impl Loss for CategoricalCrossentropy {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        if let Some(losses) = on_cpu(self, output, target) {
            return losses;
        }
        let targets = self.smoothed(target, output);
        output.per_sample((log_probabilities(output, self.from_logits) * targets).sum_dim(1).neg())
    }

    fn kernel(&self, output: &Output, target: &Target) -> Option<Arc<dyn Kernel>> {
        let units = units_of_logits::<Softmax>(output, self.from_logits)?;
        let targets = Classes::Shares(numbers(self.smoothed(target, output)));
        Some(Arc::new(SoftmaxCrossEntropy { targets, units }))
    }

    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        check_smoothing(self.label_smoothing)?;
        classes(self.name(), output, "BinaryCrossentropy")?;
        check_values(self.name(), output, target)
    }
}

#[typetag::serde]
impl Loss for BinaryCrossentropy {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        if let Some(losses) = on_cpu(self, output, target) {
            return losses;
        }
        let target = self.smoothed(target);
        if let Some(logits) = logits::<Sigmoid>(output, self.from_logits) {
            // max(x, 0) - x * target + log(1 + exp(-|x|)) does not overflow. The sign of x is detached, so that the
            // gradient at 0 is that of the sigmoid, not the subgradient 0 of `max` and `abs`.
            let positive = logits.clone().detach().greater_equal_elem(0.0).float();
            let negative_size = logits.clone() * positive.clone().mul_scalar(-2.0).add_scalar(1.0);
            return output.per_sample(logits * (positive - target) + negative_size.exp().log1p());
        }
        let probability = output.predictions().clamp(EPSILON, 1.0 - EPSILON);
        let missed = target.clone().neg().add_scalar(1.0) * probability.clone().neg().add_scalar(1.0).log();
        output.per_sample((target * probability.log() + missed).neg())
    }

    fn kernel(&self, output: &Output, target: &Target) -> Option<Arc<dyn Kernel>> {
        let units = units_of_logits::<Sigmoid>(output, self.from_logits)?;
        Some(Arc::new(SigmoidCrossEntropy { targets: numbers(self.smoothed(target)), units }))
    }

    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        check_smoothing(self.label_smoothing)?;
        check_values(self.name(), output, target)?;
        check_classes(output, target, 2)
    }
}

/// Returns the logits, or `None` if the output is neither declared as logits nor the result of activation `A`
/// (softmax or sigmoid).
fn logits<A: Activation>(output: &Output, from_logits: bool) -> Option<Tensor<2>> {
    match (from_logits, output.activation().is::<A>()) {
        (true, _) => Some(output.predictions()),
        (false, true) => Some(output.logits()),
        (false, false) => None,
    }
}

/// Returns the number of units if the values before the last activation are logits for activation `A` (softmax or
/// sigmoid).
fn units_of_logits<A: Activation>(output: &Output, from_logits: bool) -> Option<usize> {
    let activation = output.activation();
    let are_logits = if from_logits { activation.is::<Linear>() } else { activation.is::<A>() };
    are_logits.then(|| output.dims()[1])
}

/// Returns the log probability of each class, `[rows, classes]`.
fn log_probabilities(output: &Output, from_logits: bool) -> Tensor<2> {
    if let Some(logits) = logits::<Softmax>(output, from_logits) {
        return log_softmax(logits, 1);
    }
    let predictions = output.predictions();
    let sum = predictions.clone().sum_dim(1);
    (predictions / sum).clamp(EPSILON, 1.0 - EPSILON).log()
}

fn check_smoothing(share: f64) -> Result<(), TrainError> {
    match (0.0..=1.0).contains(&share) {
        true => Ok(()),
        false => Err(TrainError::argument("label_smoothing", share, "give a number from 0 to 1")),
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Int, TensorData};
    use kindling_models::{
        IntoPart, Part,
        activations::{Activation, Relu, Tanh},
    };

    use super::*;
    use crate::losses::testing::{BINARY, LOGITS, SHAPE, SHARES, assert_close, measure};

    /// Returns the mean losses with label smoothing of 0.1, 0.5 and 1.
    fn smoothed<L: Loss>(
        loss: fn(f64) -> L,
        activation: impl IntoPart<dyn Activation> + Clone,
        target: &[f32],
    ) -> [f64; 3] {
        [0.1, 0.5, 1.0].map(|share| measure(loss(share), activation.clone(), &LOGITS, target, SHAPE).0)
    }

    /// `keras.losses.CategoricalCrossentropy(label_smoothing=..)(target, keras.activations.*(logits))`, on JAX.
    #[test]
    fn categorical_label_smoothing_matches_keras() {
        let categorical = CategoricalCrossentropy::label_smoothing;
        let expected = [1.3753840, 1.5787174, 1.8328841];
        assert_close(&smoothed(categorical, Softmax, &SHARES), &expected, 2e-6);
        let expected = [1.0361159, 1.1768267, 1.3527153];
        assert_close(&smoothed(categorical, Sigmoid, &SHARES), &expected, 2e-6);
    }

    /// `keras.losses.BinaryCrossentropy(label_smoothing=..)(target, keras.activations.*(logits))`, on JAX.
    #[test]
    fn binary_label_smoothing_matches_keras() {
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

    /// `keras.losses.*(from_logits=True, label_smoothing=..)(target, keras.activations.*(logits))`, on JAX.
    #[test]
    fn losses_of_logits_match_keras() {
        let (linear, tanh, softmax): (Part<dyn Activation>, Part<dyn Activation>, Part<dyn Activation>) =
            (Linear.into_part(), Tanh.into_part(), Softmax.into_part());
        let sigmoid: Part<dyn Activation> = Sigmoid.into_part();
        let categorical = |share| CategoricalCrossentropy::label_smoothing(share).from_logits(true);
        let binary = |share| BinaryCrossentropy::label_smoothing(share).from_logits(true);
        for (activation, of_shares, of_binary) in [
            (linear, [1.3753840, 1.5787174, 1.8328841], [0.6489698, 0.7864698, 0.9583448]),
            (tanh, [1.0790181, 1.1609800, 1.2634325], [0.6450080, 0.6905510, 0.7474798]),
            // Predictions are taken as logits even if the last activation returns probabilities.
            (softmax, [1.1160220, 1.1287137, 1.1445785], [0.6810011, 0.6971855, 0.7174159]),
            (sigmoid, [1.0557337, 1.0870563, 1.1262097], [0.7327339, 0.7357430, 0.7395046]),
        ] {
            assert_close(&smoothed(categorical, activation.clone(), &SHARES), &of_shares, 2e-6);
            assert_close(&smoothed(binary, activation, &BINARY), &of_binary, 2e-6);
        }
    }

    /// Class indices 0, 2, 1 and 0: `keras.losses.SparseCategoricalCrossentropy(from_logits=True)`, on JAX.
    #[test]
    fn sparse_loss_of_logits_matches_keras() {
        let device = Device::flex();
        let logits = Tensor::<3>::from_data(TensorData::new(LOGITS.to_vec(), SHAPE), &device);
        let classes = Tensor::<2, Int>::from_ints([[0, 2], [1, 0]], &device);
        let measure = |activation: Part<dyn Activation>| {
            let output = Output::new(logits.clone(), activation);
            let target = Target::new(classes.clone(), &output).unwrap();
            let losses = SparseCategoricalCrossentropy.from_logits(true).per_sample(&output, &target);
            f64::from(losses.mean().into_scalar::<f32>())
        };
        let given = [measure(Linear.into_part()), measure(Tanh.into_part()), measure(Softmax.into_part())];
        assert_close(&given, &[1.2495506, 0.9466156, 1.1136518], 2e-6);
    }

    /// `keras.losses.serialize(keras.losses.*(from_logits=True))`.
    #[test]
    fn losses_deserialize_from_keras_json() {
        let read = |class: &str, config: &str| -> Part<dyn Loss> {
            let json = format!(
                r#"{{"module": "keras.losses", "class_name": "{class}", "config": {config}, "registered_name": null}}"#
            );
            serde_json::from_str(&json).unwrap()
        };
        let config = r#"{"name": "loss", "reduction": "sum_over_batch_size", "from_logits": true,
            "ignore_class": null}"#;
        let sparse: Part<dyn Loss> = SparseCategoricalCrossentropy.from_logits(true).into_part();
        assert_eq!(read("SparseCategoricalCrossentropy", config), sparse);
        assert_eq!(read("SparseCategoricalCrossentropy", "{}"), SparseCategoricalCrossentropy.into_part());
        let config = r#"{"name": "loss", "reduction": "sum_over_batch_size", "from_logits": true,
            "label_smoothing": 0.1, "axis": -1}"#;
        let binary = BinaryCrossentropy::label_smoothing(0.1).from_logits(true);
        assert_eq!(read("BinaryCrossentropy", config), binary.into_part());
        let categorical = CategoricalCrossentropy::label_smoothing(0.1).from_logits(true);
        assert_eq!(read("CategoricalCrossentropy", config), categorical.into_part());
    }

    #[test]
    fn label_smoothing_out_of_range_is_an_error() {
        let column = Column::floats(vec![[1.0_f32, 0.0]]).unwrap();
        let output = OutputSpec::new("output", [2]);
        for share in [-0.1, 1.1, f64::NAN] {
            let losses: [&dyn Loss; 2] = [
                &CategoricalCrossentropy::label_smoothing(share),
                &BinaryCrossentropy::label_smoothing(share),
            ];
            for loss in losses {
                let error = loss.check(&output, &column).unwrap_err().to_string();
                assert_eq!(error, format!("label_smoothing is {share}: give a number from 0 to 1"));
            }
        }
    }
}
