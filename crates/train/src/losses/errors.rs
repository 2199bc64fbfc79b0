//! Mean squared error and mean absolute error.

use std::sync::Arc;

use burn::tensor::Tensor;
use kindling_models::{absolute, activations::Linear};
use kindling_ops::{
    kernel::Kernel,
    kernels::{Difference, Power},
};
use serde::{Deserialize, Serialize};

use super::{
    Loss, Output, Target,
    fused::{numbers, on_cpu},
};

/// Mean squared error: the mean of `(target - prediction)²` over units. Keras' `MeanSquaredError`. Targets are numbers,
/// `[batch]` or `[batch, ..., units]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeanSquaredError;

/// Mean absolute error: the mean of `|target - prediction|` over units. Keras' `MeanAbsoluteError`. Targets are
/// numbers, `[batch]` or `[batch, ..., units]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeanAbsoluteError;

#[typetag::serde]
impl Loss for MeanSquaredError {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        on_cpu(self, output, target)
            .unwrap_or_else(|| output.per_sample((output.predictions() - target.values()).square()))
    }

    fn kernel(&self, output: &Output, target: &Target) -> Option<Arc<dyn Kernel>> {
        difference(Power::Square, output, target)
    }
}

#[typetag::serde]
impl Loss for MeanAbsoluteError {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        on_cpu(self, output, target)
            .unwrap_or_else(|| output.per_sample(absolute(target.values() - output.predictions())))
    }

    fn kernel(&self, output: &Output, target: &Target) -> Option<Arc<dyn Kernel>> {
        difference(Power::Absolute, output, target)
    }
}

/// Returns the kernel, if the last activation is linear.
fn difference(of: Power, output: &Output, target: &Target) -> Option<Arc<dyn Kernel>> {
    let units = output.dims()[1];
    let kernel = || Difference { of, targets: numbers(target.values()), units };
    output.activation().is::<Linear>().then(|| Arc::new(kernel()) as Arc<dyn Kernel>)
}
