//! Losses as one operation on the CPU.

use std::sync::Arc;

use burn::tensor::{DType, Tensor};
use kindling_ops::{Given, apply, can_apply, kernel::Kernel};

/// Returns what the kernel that `kernel` creates makes of `values`, `[rows, columns]`: `[rows, outputs]`. `None` if they
/// are not on the CPU.
pub(super) fn on_cpu<K: Kernel + 'static>(
    values: &Tensor<2>,
    kernel: impl FnOnce() -> K,
) -> Option<Tensor<2>> {
    if !can_apply(&values.device()) || values.dtype() != DType::F32 {
        return None;
    }
    let kernel = kernel();
    let shape = [values.dims()[0], kernel.outputs()];
    Some(apply(Arc::new(kernel), Given::Dense(Box::new(values.clone().into())), Vec::new(), shape))
}

/// Returns targets as numbers in the host's memory.
pub(super) fn numbers(targets: Tensor<2>) -> Vec<f32> {
    targets.into_data().try_into_vec().expect("the targets of values of f32 are f32")
}
