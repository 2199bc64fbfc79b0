//! Losses as one operation on the CPU.

use burn::tensor::{DType, Tensor};
use kindling_ops::{Given, apply, can_apply};

use super::{Loss, Output, Target};

/// Returns the loss of each sample by the kernel of the loss; `None` if there is none, or the output is not on the CPU.
pub(super) fn on_cpu(loss: &impl Loss, output: &Output, target: &Target) -> Option<Tensor<1>> {
    let logits = output.logits();
    if !can_apply(&logits.device()) || logits.dtype() != DType::F32 {
        return None;
    }
    let kernel = loss.kernel(output, target)?;
    let shape = [logits.dims()[0], kernel.outputs()];
    let values = apply(kernel, Given::Dense(Box::new(logits.into())), Vec::new(), shape);
    Some(output.per_sample(values))
}

/// Returns targets as numbers in the host's memory.
pub(super) fn numbers(targets: Tensor<2>) -> Vec<f32> {
    targets.into_data().try_into_vec().expect("the targets of values of f32 are f32")
}
