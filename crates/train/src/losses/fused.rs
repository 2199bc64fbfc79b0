//! Losses as single fused operations on the CPU.

use burn::tensor::{DType, Tensor};
use kindling_ops::{Given, apply, can_apply};

use super::{Loss, Output, Target};

/// Computes the loss of each sample, `[batch]`, with the kernel of the loss. Returns `None` if the loss has no kernel
/// or the output is not on the CPU.
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

/// Returns targets as numbers in host memory.
pub(super) fn numbers(targets: Tensor<2>) -> Vec<f32> {
    targets.into_data().try_into_vec().expect("targets have the type of the output, f32")
}
