//! Updates on the CPU backend `flex` in one pass over memory.
//!
//! A rule written with tensor operations reads and writes all weights once per operation: for RMSprop on MNIST that
//! takes a quarter of the training time. Here weights and state are changed in place. The results are those of the
//! tensor operations, which every other backend runs.

use burn::{
    backend::{DispatchDevice, Flex, flex::FlexTensor},
    tensor::{DType, Tensor},
};

/// The memory that an update reads and changes. All slices have the same length.
pub(super) struct Slices<'a> {
    pub weight: &'a mut [f32],
    pub state: &'a mut [f32],
    pub gradient: &'a [f32],
}

/// Returns whether a tensor is in host memory as `f32`.
pub(super) fn applies<const D: usize>(tensor: &Tensor<D>) -> bool {
    matches!(tensor.device().as_dispatch(), DispatchDevice::Flex(_)) && tensor.dtype() == DType::F32
}

/// Runs `update` on the memory of `weight` and `state`.
///
/// # Panics
/// When [`applies`] is false for one of the tensors.
pub(super) fn update<const D: usize>(
    weight: Tensor<D>,
    state: Tensor<D>,
    gradient: Tensor<D>,
    update: impl FnOnce(Slices),
) -> (Tensor<D>, Tensor<D>) {
    let [mut weight, mut state, gradient] = [weight, state, gradient].map(whole);
    let slices =
        Slices { weight: weight.storage_mut(), state: state.storage_mut(), gradient: gradient.storage() };
    // Compiled for several instruction sets. The processor that runs it decides between them.
    pulp::Arch::new().dispatch(|| update(slices));
    (Tensor::from_primitive::<Flex>(weight), Tensor::from_primitive::<Flex>(state))
}

/// Returns the tensor in a buffer that holds nothing else. It is copied only if it is a view of a larger one.
fn whole<const D: usize>(tensor: Tensor<D>) -> FlexTensor {
    let tensor: FlexTensor = tensor.try_into_primitive::<Flex>().expect("the device was found to be flex");
    match tensor.as_slice::<f32>() {
        Some(values) if values.len() == tensor.storage::<f32>().len() => tensor,
        _ => FlexTensor::from_data(tensor.into_data()),
    }
}
