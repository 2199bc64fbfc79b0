//! Losses of the difference between prediction and target.

use burn::tensor::Tensor;
use kindling_models::absolute;
use serde::{Deserialize, Serialize};

use super::{Loss, Output, Target};

/// `(target - prediction)²`, the mean over units. Keras' `MeanSquaredError`. Targets are numbers, `[batch]` or
/// `[batch, ..., units]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeanSquaredError;

/// `|target - prediction|`, the mean over units. Keras' `MeanAbsoluteError`. Targets are numbers, `[batch]` or
/// `[batch, ..., units]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeanAbsoluteError;

#[typetag::serde]
impl Loss for MeanSquaredError {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        output.per_sample((output.predictions() - target.values()).square())
    }
}

#[typetag::serde]
impl Loss for MeanAbsoluteError {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        output.per_sample(absolute(target.values() - output.predictions()))
    }
}
