//! Accuracy metrics.

use burn::tensor::Tensor;
use kindling_data::Column;
use kindling_models::OutputSpec;
use serde::{Deserialize, Serialize};

use super::{Direction, Metric};
use crate::{
    TrainError,
    losses::{Output, Target, check_classes, classes, steps_and_units},
};

/// Accuracy: the fraction of correct predictions. Keras' `accuracy`: [`BinaryAccuracy`](struct@BinaryAccuracy) for an
/// output of one unit, otherwise [`CategoricalAccuracy`]. Targets are class indices, one-hot vectors, or 0 and 1 for
/// one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Accuracy;

/// Binary accuracy: the fraction of values that equal their target after thresholding. Keras' `BinaryAccuracy`.
/// Predictions above the threshold count as 1, others as 0. Targets are 0 and 1, `[batch]` or `[batch, ..., units]`.
///
/// The name without braces is the metric with its defaults:
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
    /// Threshold above which a prediction counts as 1. Default: 0.5.
    pub threshold: f64,
}

/// The metric with its defaults: a threshold of 0.5.
// See the loss SparseCategoricalCrossentropy.
#[allow(non_upper_case_globals, reason = "it is used like a unit struct")]
pub const BinaryAccuracy: BinaryAccuracy = BinaryAccuracy { threshold: 0.5 };

impl BinaryAccuracy {
    /// Creates the metric with a threshold above which a prediction counts as 1.
    pub fn new(threshold: f64) -> Self {
        Self { threshold }
    }
}

impl Default for BinaryAccuracy {
    fn default() -> Self {
        Self::new(0.5)
    }
}

/// Accuracy for one-hot targets: the fraction of rows whose most likely class is the target class. Keras'
/// `CategoricalAccuracy`. Targets are one-hot vectors, `[batch, ..., classes]`; class indices are also accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CategoricalAccuracy;

/// Accuracy for class indices: the fraction of rows whose most likely class is the target class. Keras'
/// `SparseCategoricalAccuracy`. Targets are class indices; one-hot vectors are also accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SparseCategoricalAccuracy;

fn binary(threshold: f64, output: &Output, target: &Target) -> Tensor<1> {
    let right = output.predictions().greater_elem(threshold).float().equal(target.values()).float();
    // With one unit per row, a sum of zeros and ones is exact.
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
            let remedy = "give BinaryAccuracy a finite number, such as 0.5 for probabilities or 0 for logits";
            return Err(TrainError::argument("threshold", self.threshold, remedy));
        }
        check_classes(output, target, 2)
    }
}

/// Checks that there is one unit per class, and that class indices are below the number of classes.
pub(super) fn check_several(metric: &str, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
    check_classes(output, target, classes(metric, output, "Accuracy")?)
}
