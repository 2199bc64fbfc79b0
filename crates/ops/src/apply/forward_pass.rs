//! Training steps without an autodiff graph.

use std::sync::Arc;

use burn::tensor::Tensor;
#[cfg(feature = "flex")]
use burn::{backend::Flex, backend::flex::FlexTensor};

#[cfg(feature = "flex")]
use super::call::{Call, Saved, Slots, plain, primitive, values};
use super::{AnyTensor, Given};
#[cfg(feature = "flex")]
use crate::kernel::OuterValues;
use crate::{cpu::Memory, kernel::Kernel, update::OuterGradient};

/// The forward pass of a kernel in a training step, completed by [`backward`](Self::backward). It has no autodiff
/// graph, whose overhead exceeds the arithmetic of a small batch.
#[derive(Debug)]
pub struct ForwardPass {
    #[cfg(feature = "flex")]
    call: Call,
    #[cfg(feature = "flex")]
    output: FlexTensor,
    #[cfg(feature = "flex")]
    memory: Memory,
    /// Without the feature `flex`, there are no values of this type.
    #[cfg(not(feature = "flex"))]
    never: std::convert::Infallible,
}

/// The gradients of a kernel.
#[derive(Debug)]
pub struct KernelGradients {
    /// The gradient with respect to a dense input, if it was requested.
    pub input: Option<Memory>,
    /// The gradient with respect to each weight, if it was requested and is not in `outer`.
    pub weights: Vec<Option<Memory>>,
    /// The gradient with respect to the first weight, if it is a product with a sparse batch.
    pub outer: Option<OuterGradient>,
}

impl ForwardPass {
    /// Runs a kernel on a batch and weights. Returns the pass and the output, `[batch, ...]`, or `None` if a tensor
    /// is not on the CPU backend or not of `f32`.
    pub fn run<const D: usize>(
        kernel: Arc<dyn Kernel>,
        given: Given,
        weights: Vec<AnyTensor>,
        shape: [usize; D],
    ) -> Option<(Self, Tensor<D>)> {
        #[cfg(feature = "flex")]
        {
            let (mut call, tensors) = Call::new(kernel, given, weights, shape);
            let tensors = tensors.into_iter().map(|tensor| primitive(plain(tensor)));
            call.tensors = tensors.collect::<Option<_>>()?;
            let (output, memory) = call.forward();
            let tensor = Tensor::from_primitive::<Flex>(output.clone());
            Some((Self { call, output, memory }, tensor))
        }
        #[cfg(not(feature = "flex"))]
        {
            let _ = (kernel, given, weights, shape);
            None
        }
    }

    /// Returns the gradients with respect to the weights that are `trained`, and to a dense input if `of_input`,
    /// given the gradient with respect to the output. When it returns, the pass no longer shares the weights.
    #[cfg(not(feature = "flex"))]
    pub fn backward(
        self,
        _output_gradient: &mut [f32],
        _trained: &[bool],
        _of_input: bool,
    ) -> KernelGradients {
        match self.never {}
    }

    /// Returns the gradients with respect to the weights that are `trained`, and to a dense input if `of_input`,
    /// given the gradient with respect to the output. When it returns, the pass no longer shares the weights.
    #[cfg(feature = "flex")]
    pub fn backward(
        mut self,
        output_gradient: &mut [f32],
        trained: &[bool],
        of_input: bool,
    ) -> KernelGradients {
        let is_dense = matches!(self.call.given, Saved::Dense);
        let outer = match &self.call.given {
            Saved::Sparse(rows, _) if trained.first() == Some(&true) => {
                self.call.kernel.outer_units().map(|units| (rows.clone(), units))
            }
            _ => None,
        };
        let wanted = is_dense.then_some(of_input).into_iter().chain(trained.iter().copied());
        let gradient = |(index, (tensor, wanted)): (usize, (&FlexTensor, bool))| {
            let is_outer = outer.is_some() && index == 0;
            (wanted && !is_outer).then(|| Memory::of(values(tensor).len()))
        };
        let mut gradients: Vec<Option<Memory>> =
            self.call.tensors.iter().zip(wanted).enumerate().map(gradient).collect();
        let mut outer_values = OuterValues::default();
        let slots = Slots {
            tensors: gradients.iter_mut().map(|gradient| gradient.as_deref_mut()).collect(),
            outer: outer.is_some().then_some(&mut outer_values),
        };
        self.call.backward(values(&self.output), &mut self.memory, output_gradient, slots);
        let mut gradients = gradients.into_iter();
        KernelGradients {
            input: if is_dense { gradients.next().flatten() } else { None },
            weights: gradients.collect(),
            outer: outer.map(|(rows, units)| OuterGradient { rows, values: outer_values, units }),
        }
    }
}
