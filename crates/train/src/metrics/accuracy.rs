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

/// Share of right predictions. Keras' `accuracy`: [`BinaryAccuracy`] for an output of one unit, otherwise
/// [`CategoricalAccuracy`]. Targets are class indices, one-hot vectors, or 0 and 1 for one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Accuracy;

/// Share of values that are on the target's side of 0.5; 0.5 itself counts as 0. Keras' `BinaryAccuracy`. Targets are 0
/// and 1, `[batch]` or `[batch, ..., units]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BinaryAccuracy;

/// Share of rows whose likeliest class is the target's, one-hot `[batch, ..., classes]`. Keras' `CategoricalAccuracy`;
/// class indices are taken too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CategoricalAccuracy;

/// Share of rows whose likeliest class is the target's, a class index. Keras' `SparseCategoricalAccuracy`; one-hot
/// targets are taken too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SparseCategoricalAccuracy;

fn binary(output: &Output, target: &Target) -> Tensor<1> {
    let right = output.predictions().greater_elem(0.5).float().equal(target.values()).float();
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
    |output, target| if output.dims()[1] == 1 { binary(output, target) } else { categorical(output, target) },
    |output, target| match steps_and_units(output).1 {
        1 => check_classes(output, target, 2),
        classes => check_classes(output, target, classes),
    }
);
accuracy!(BinaryAccuracy, "binary_accuracy", |output, target| binary(output, target), |output, target| {
    check_classes(output, target, 2)
});
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

/// Checks that there is a unit for each class, and that class indices stay below their number.
pub(super) fn check_several(metric: &str, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
    match steps_and_units(output).1 {
        0 | 1 => Err(TrainError::Mismatch(format!(
            "{metric} needs one unit for each class, the network has 1: widen the last layer, or use Accuracy"
        ))),
        classes => check_classes(output, target, classes),
    }
}
