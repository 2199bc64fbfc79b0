//! Updates on the CPU backend `flex` in one pass over memory.
//!
//! A rule written with tensor operations reads and writes all weights once an operation: for RMSprop on MNIST that
//! takes a quarter of the whole training time. Here weights and state are changed where they lie. The results are
//! those of the tensor operations, which remain what every other backend runs.

use burn::tensor::Tensor;

/// What an update reads and changes; all slices are of one length.
pub(super) struct Slices<'a> {
    pub weight: &'a mut [f32],
    pub state: &'a mut [f32],
    pub gradient: &'a [f32],
}

/// Runs `update` on the memory of `weight` and `state`, or gives the tensors back when they do not lie in memory
/// as `f32`.
#[cfg(feature = "flex")]
pub(super) fn update<const D: usize>(
    weight: Tensor<D>,
    state: Tensor<D>,
    gradient: &Tensor<D>,
    update: impl FnOnce(Slices),
) -> Result<(Tensor<D>, Tensor<D>), (Tensor<D>, Tensor<D>)> {
    use burn::backend::{DispatchDevice, Flex, flex::FlexTensor};
    use burn::tensor::DType;

    let fits = |tensor: &Tensor<D>| {
        matches!(tensor.device().as_dispatch(), DispatchDevice::Flex(_)) && tensor.dtype() == DType::F32
    };
    if !(fits(&weight) && fits(&state) && fits(gradient)) {
        return Err((weight, state));
    }
    let primitive = |tensor: Tensor<D>| -> FlexTensor {
        tensor.try_into_primitive::<Flex>().expect("the device was found to be flex")
    };
    // Copies only what is a view of something larger; an update works on whole buffers.
    let whole = |tensor: FlexTensor| match tensor.as_slice::<f32>() {
        Some(values) if values.len() == tensor.storage::<f32>().len() => tensor,
        _ => FlexTensor::from_data(tensor.into_data()),
    };
    let (mut weight, mut state) = (whole(primitive(weight)), whole(primitive(state)));
    let gradient = whole(primitive(gradient.clone()));
    let slices =
        Slices { weight: weight.storage_mut(), state: state.storage_mut(), gradient: gradient.storage() };
    // Compiled for several generations of processors; the one at hand decides which runs.
    pulp::Arch::new().dispatch(|| update(slices));
    Ok((Tensor::from_primitive::<Flex>(weight), Tensor::from_primitive::<Flex>(state)))
}

/// Without `flex`, no tensor lies in memory.
#[cfg(not(feature = "flex"))]
pub(super) fn update<const D: usize>(
    weight: Tensor<D>,
    state: Tensor<D>,
    _gradient: &Tensor<D>,
    _update: impl FnOnce(Slices),
) -> Result<(Tensor<D>, Tensor<D>), (Tensor<D>, Tensor<D>)> {
    Err((weight, state))
}
