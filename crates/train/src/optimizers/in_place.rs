//! Updates on the CPU backend `flex` in one pass over memory.
//!
//! A rule written with tensor operations reads and writes all weights once an operation: for RMSprop on MNIST that
//! takes a quarter of the whole training time. Here weights and state are changed where they lie. The results are
//! those of the tensor operations, which remain what every other backend runs.

use burn::{
    backend::{DispatchDevice, Flex, flex::FlexTensor},
    tensor::{DType, Tensor},
};

/// What an update reads and changes; all slices are of one length.
pub(super) struct Slices<'a> {
    pub weight: &'a mut [f32],
    pub state: &'a mut [f32],
    pub gradient: &'a [f32],
}

/// Whether a tensor lies in memory as `f32`.
pub(super) fn applies<const D: usize>(tensor: &Tensor<D>) -> bool {
    matches!(tensor.device().as_dispatch(), DispatchDevice::Flex(_)) && tensor.dtype() == DType::F32
}

/// Runs `update` on the memory of `weight` and `state`.
///
/// # Panics
/// When one of the tensors is none that this [`applies`] to.
pub(super) fn update<const D: usize>(
    weight: Tensor<D>,
    state: Tensor<D>,
    gradient: Tensor<D>,
    update: impl FnOnce(Slices),
) -> (Tensor<D>, Tensor<D>) {
    let [mut weight, mut state, gradient] = [weight, state, gradient].map(whole);
    let slices =
        Slices { weight: weight.storage_mut(), state: state.storage_mut(), gradient: gradient.storage() };
    // Compiled for several generations of processors; the one at hand decides which runs.
    pulp::Arch::new().dispatch(|| update(slices));
    (Tensor::from_primitive::<Flex>(weight), Tensor::from_primitive::<Flex>(state))
}

/// The tensor in a buffer that holds nothing else; copied only if it is a view of something larger.
fn whole<const D: usize>(tensor: Tensor<D>) -> FlexTensor {
    let tensor: FlexTensor = tensor.try_into_primitive::<Flex>().expect("the device was found to be flex");
    match tensor.as_slice::<f32>() {
        Some(values) if values.len() == tensor.storage::<f32>().len() => tensor,
        _ => FlexTensor::from_data(tensor.into_data()),
    }
}
