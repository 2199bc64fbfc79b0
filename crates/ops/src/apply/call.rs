//! A kernel with its arguments on the CPU backend `flex`.

use std::{fmt, sync::Arc};

use burn::{
    backend::{Flex, flex::FlexTensor},
    tensor::{DType, Shape, Tensor, TensorData},
};
use kindling_data::SparseRows;

use super::{AnyTensor, Given, Outer, infer::infer};
use crate::{
    cpu::Memory,
    kernel::{Backward, Forward, Input, Kernel, OuterValues},
};

/// A kernel with its arguments.
#[derive(Clone)]
pub(super) struct Call {
    pub kernel: Arc<dyn Kernel>,
    pub batch: usize,
    pub given: Saved,
    /// A dense input, then the weights.
    pub tensors: Vec<FlexTensor>,
    pub shape: Shape,
}

/// A batch whose dense values, if it is dense, are the first of a call's tensors.
#[derive(Clone)]
pub(super) enum Saved {
    Dense,
    Sparse(Arc<SparseRows>, Option<Outer>),
}

/// The buffers for gradients.
pub(super) struct Slots<'a> {
    /// The buffer for the gradient of each of a call's tensors, if it is requested.
    pub tensors: Vec<Option<&'a mut [f32]>>,
    /// See [`Backward::outer`].
    pub outer: Option<&'a mut OuterValues>,
}

impl Call {
    /// Returns the call without its tensors, and the tensors: a dense input, then the weights.
    pub fn new<const D: usize>(
        kernel: Arc<dyn Kernel>,
        given: Given,
        weights: Vec<AnyTensor>,
        shape: [usize; D],
    ) -> (Self, Vec<Tensor<1>>) {
        let (input, given) = match given {
            Given::Dense(tensor) => (Some(*tensor), Saved::Dense),
            Given::Sparse(rows, outer) => (None, Saved::Sparse(rows, outer)),
        };
        let tensors = input.into_iter().chain(weights).map(|tensor| Tensor::<1>::from_dispatch(tensor.0));
        let call = Self { kernel, batch: shape[0], given, tensors: Vec::new(), shape: Shape::from(shape) };
        (call, tensors.collect())
    }

    fn arguments(&self) -> (Input<'_>, Vec<&[f32]>) {
        let mut tensors = self.tensors.iter().map(values);
        let input = match &self.given {
            Saved::Dense => Input::Dense(tensors.next().unwrap_or_default()),
            Saved::Sparse(rows, _) => Input::Sparse(rows),
        };
        (input, tensors.collect())
    }

    /// Returns the output, and the kernel's memory for the backward pass.
    pub fn forward(&self) -> (FlexTensor, Memory) {
        let mut output = vec![0.0; self.batch * self.kernel.outputs()];
        let mut memory = Memory::of(self.kernel.memory(self.batch, true));
        let (input, weights) = self.arguments();
        self.kernel.forward(Forward {
            batch: self.batch,
            input,
            weights: &weights,
            output: &mut output,
            memory: &mut memory,
            training: true,
        });
        (self.tensor(output), memory)
    }

    /// Returns the output without a backward pass.
    pub fn infer(&self) -> FlexTensor {
        let mut output = vec![0.0; self.batch * self.kernel.outputs()];
        let (input, weights) = self.arguments();
        infer(&*self.kernel, self.batch, input, &weights, &mut output);
        self.tensor(output)
    }

    fn tensor(&self, output: Vec<f32>) -> FlexTensor {
        FlexTensor::from_data(TensorData::new(output, self.shape.clone()))
    }

    /// Writes the requested gradients.
    pub fn backward(&self, output: &[f32], memory: &mut [f32], output_gradient: &mut [f32], slots: Slots) {
        let (input, weights) = self.arguments();
        let mut of_tensors = slots.tensors.into_iter();
        let input_gradient = match self.given {
            Saved::Dense => of_tensors.next().flatten(),
            Saved::Sparse(..) => None,
        };
        self.kernel.backward(Backward {
            batch: self.batch,
            input,
            weights: &weights,
            output,
            memory,
            output_gradient,
            input_gradient,
            weight_gradients: of_tensors.collect(),
            outer: slots.outer,
        });
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kernel.fmt(f)
    }
}

/// Returns the tensor without its autodiff graph.
pub(super) fn plain<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    if tensor.is_autodiff() { tensor.inner() } else { tensor }
}

/// Returns the backend's tensor, without an autodiff graph, if it is on the CPU backend and of `f32`.
pub(super) fn primitive<const D: usize>(tensor: Tensor<D>) -> Option<FlexTensor> {
    let tensor = tensor.try_into_primitive::<Flex>().ok();
    tensor.filter(|tensor| tensor.dtype() == DType::F32).map(contiguous)
}

/// Returns the tensor in contiguous, row-major memory.
pub(super) fn contiguous(tensor: FlexTensor) -> FlexTensor {
    assert_eq!(tensor.dtype(), DType::F32, "kernels take f32");
    if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() }
}

pub(super) fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().expect("tensors were made contiguous")
}
