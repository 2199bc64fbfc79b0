//! The share of right predictions.

use burn::tensor::Tensor;
use kindling_data::Column;
use kindling_models::OutputSpec;
use serde::{Deserialize, Serialize};

use super::{Direction, Metric};
use crate::{
    TrainError,
    losses::{Output, Target, check_classes, steps_and_units},
};

/// Share of right predictions. Keras' `accuracy`: [`BinaryAccuracy`](struct@BinaryAccuracy) for an output of one unit, otherwise
/// [`CategoricalAccuracy`]. Targets are class indices, one-hot vectors, or 0 and 1 for one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Accuracy;

/// Share of values that are on the target's side of the threshold; the threshold itself counts as 0. Keras'
/// `BinaryAccuracy`. Targets are 0 and 1, `[batch]` or `[batch, ..., units]`.
///
/// The name alone, without braces, is the metric with its defaults:
///
/// ```
/// use kindling_train::metrics::BinaryAccuracy;
///
/// assert_eq!(BinaryAccuracy, BinaryAccuracy::new(0.5));
/// // For predictions that are logits.
/// let metric = BinaryAccuracy::new(0.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BinaryAccuracy {
    /// Value above which a prediction counts as 1. Default: 0.5.
    pub threshold: f64,
}

/// The metric with its defaults: a threshold of 0.5.
// As the loss SparseCategoricalCrossentropy.
#[allow(non_upper_case_globals, reason = "it is used as a unit struct is")]
pub const BinaryAccuracy: BinaryAccuracy = BinaryAccuracy { threshold: 0.5 };

impl BinaryAccuracy {
    /// Creates the metric for predictions above `threshold`.
    pub fn new(threshold: f64) -> Self {
        Self { threshold }
    }
}

impl Default for BinaryAccuracy {
    fn default() -> Self {
        Self::new(0.5)
    }
}

/// Share of rows whose likeliest class is the target's, one-hot `[batch, ..., classes]`. Keras' `CategoricalAccuracy`;
/// class indices are taken too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CategoricalAccuracy;

/// Share of rows whose likeliest class is the target's, a class index. Keras' `SparseCategoricalAccuracy`; one-hot
/// targets are taken too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SparseCategoricalAccuracy;

fn binary(threshold: f64, output: &Output, target: &Target) -> Tensor<1> {
    let right = output.predictions().greater_elem(threshold).float().equal(target.values()).float();
    // With one unit per sample, a sum of zeros and ones stays exact.
    if output.dims()[1] == 1 { right.sum() } else { right.mean_dim(1).sum() }
}

fn categorical(output: &Output, target: &Target) -> Tensor<1> {
    output.predictions().argmax(1).equal(target.classes()).float().sum()
}

macro_rules! accuracy {
    ($metric:ident, $name:literal, |$output:ident, $target:ident| $sum:expr, |$spec:ident, $column:ident| $check:expr) => {
        #[typetag::serde]
        impl Metric for $metric {
            fn name(&self) -> String {
                $name.into()
            }

            fn direction(&self) -> Direction {
                Direction::Max
            }

            fn sums(&self, $output: &Output, $target: &Target) -> Tensor<1> {
                $sum
            }

            fn check(&self, $spec: &OutputSpec, $column: &Column) -> Result<(), TrainError> {
                $check
            }
        }
    };
}

accuracy!(
    Accuracy,
    "accuracy",
    |output, target| match output.dims() {
        [_, 1] => binary(0.5, output, target),
        _ => categorical(output, target),
    },
    |output, target| match steps_and_units(output).1 {
        1 => check_classes(output, target, 2),
        classes => check_classes(output, target, classes),
    }
);
accuracy!(
    CategoricalAccuracy,
    "categorical_accuracy",
    |output, target| categorical(output, target),
    |output, target| check_several("CategoricalAccuracy", output, target)
);
accuracy!(
    SparseCategoricalAccuracy,
    "sparse_categorical_accuracy",
    |output, target| categorical(output, target),
    |output, target| check_several("SparseCategoricalAccuracy", output, target)
);

#[typetag::serde]
impl Metric for BinaryAccuracy {
    fn name(&self) -> String {
        "binary_accuracy".into()
    }

    fn direction(&self) -> Direction {
        Direction::Max
    }

    fn sums(&self, output: &Output, target: &Target) -> Tensor<1> {
        binary(self.threshold, output, target)
    }

    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        if !self.threshold.is_finite() {
            let remedy = "give BinaryAccuracy a number, 0.5 for probabilities or 0 for logits";
            return Err(TrainError::argument("threshold", self.threshold, remedy));
        }
        check_classes(output, target, 2)
    }
}

/// Checks that there is a unit for each class, and that class indices stay below their number.
pub(super) fn check_several(metric: &str, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
    match steps_and_units(output).1 {
        0 | 1 => Err(TrainError::Mismatch(format!(
            "{metric} needs one unit for each class, the network has 1: widen the last layer, or use Accuracy"
        ))),
        classes => check_classes(output, target, classes),
    }
}
