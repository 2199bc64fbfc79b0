//! A kernel as an operation on Burn's tensors.

#[cfg(feature = "flex")]
mod call;
#[cfg(feature = "flex")]
mod flex;
mod forward_pass;
mod infer;

use std::sync::Arc;

use burn::{
    backend::DispatchTensor,
    module::ParamId,
    tensor::{Device, Tensor},
};
use kindling_data::SparseRows;

use crate::{
    kernel::{Input, Kernel},
    update::OuterGradients,
};

pub use forward_pass::{ForwardPass, KernelGradients};

/// An `f32` tensor of any rank.
#[derive(Clone, Debug)]
pub struct AnyTensor(
    #[cfg_attr(not(feature = "flex"), expect(dead_code, reason = "only the CPU backend reads it"))]
    DispatchTensor,
);

impl<const D: usize> From<Tensor<D>> for AnyTensor {
    fn from(tensor: Tensor<D>) -> Self {
        Self(tensor.into_dispatch())
    }
}

/// A batch that a kernel is applied to.
#[derive(Clone, Debug)]
pub enum Given {
    /// Dense values, with samples along the first axis.
    Dense(Box<AnyTensor>),
    /// A sparse batch, and where to put the gradient of the first weight if it is not part of the autodiff graph.
    Sparse(Arc<SparseRows>, Option<Outer>),
}

/// The destination of a parameter's gradient that is not part of the autodiff graph.
#[derive(Clone, Debug)]
pub struct Outer {
    /// The parameter.
    pub parameter: ParamId,
    /// The gradients of a step.
    pub gradients: OuterGradients,
}

/// Maximum number of tensors, the input included, that one operation can depend on.
pub const MOST_TENSORS: usize = 24;

/// Returns whether kernels can be applied to tensors on this device, that is, whether it is the CPU backend `flex`.
pub fn can_apply(device: &Device) -> bool {
    #[cfg(feature = "flex")]
    {
        matches!(device.clone().without_autodiff().as_dispatch(), burn::backend::DispatchDevice::Flex(_))
    }
    #[cfg(not(feature = "flex"))]
    {
        let _ = device;
        false
    }
}

/// Applies a kernel to a batch and weights on the CPU backend. The output has the shape `[batch, ...]`. If a tensor
/// is tracked by autodiff, so is the output.
///
/// # Panics
/// Panics if a tensor is on another backend or not of `f32`, or there are more than [`MOST_TENSORS`].
pub fn apply<const D: usize>(
    kernel: Arc<dyn Kernel>,
    given: Given,
    weights: Vec<AnyTensor>,
    shape: [usize; D],
) -> Tensor<D> {
    #[cfg(feature = "flex")]
    {
        flex::apply(kernel, given, weights, shape)
    }
    #[cfg(not(feature = "flex"))]
    {
        let _ = (given, weights);
        panic!("{kernel:?} for {shape:?} needs the feature `flex`")
    }
}

/// A kernel with its weights, for inference. It can be shared between threads.
#[derive(Clone, Debug)]
pub struct Bound {
    kernel: Arc<dyn Kernel>,
    #[cfg(feature = "flex")]
    weights: Vec<flex::Weight>,
}

impl Bound {
    /// Binds a kernel to weights. Returns `None` if they are not on the CPU backend or not of `f32`.
    pub fn new(kernel: Arc<dyn Kernel>, weights: Vec<AnyTensor>) -> Option<Self> {
        #[cfg(feature = "flex")]
        {
            let weights = weights.into_iter().map(flex::Weight::new).collect::<Option<Vec<_>>>()?;
            (weights.len() <= MOST_TENSORS).then_some(Self { kernel, weights })
        }
        #[cfg(not(feature = "flex"))]
        {
            let _ = (kernel, weights);
            None
        }
    }

    /// Returns the number of values of one sample's output.
    pub fn outputs(&self) -> usize {
        self.kernel.outputs()
    }

    /// Returns whether the kernel accepts a sparse input.
    pub fn takes_sparse(&self) -> bool {
        self.kernel.takes_sparse()
    }

    /// Writes the output for a batch, `[batch * outputs]`. Repeated calls on a thread with the same number of samples
    /// allocate no memory.
    ///
    /// # Panics
    /// Panics if the length of the input or the output does not match the kernel.
    pub fn run(&self, batch: usize, input: Input, output: &mut [f32]) {
        let weights: [&[f32]; MOST_TENSORS] = std::array::from_fn(|index| self.weight(index));
        infer::infer(&*self.kernel, batch, input, &weights[..self.count()], output);
    }

    #[cfg(feature = "flex")]
    fn weight(&self, index: usize) -> &[f32] {
        self.weights.get(index).map_or(&[], flex::Weight::values)
    }

    #[cfg(feature = "flex")]
    fn count(&self) -> usize {
        self.weights.len()
    }

    #[cfg(not(feature = "flex"))]
    fn weight(&self, _index: usize) -> &[f32] {
        &[]
    }

    #[cfg(not(feature = "flex"))]
    fn count(&self) -> usize {
        0
    }
}

/// Modifies the values of a tensor on the CPU backend, in place if no other tensor shares them. The result has no
/// autodiff graph.
///
/// # Panics
/// Panics if the tensor is on another backend or not of `f32`.
pub fn with_values<const D: usize>(tensor: Tensor<D>, change: impl FnOnce(&mut [f32])) -> Tensor<D> {
    #[cfg(feature = "flex")]
    {
        flex::with_values(tensor, change)
    }
    #[cfg(not(feature = "flex"))]
    {
        let _ = change;
        panic!("a tensor on {:?} is not in the host's memory", tensor.device())
    }
}
