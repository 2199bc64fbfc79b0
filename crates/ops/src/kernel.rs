//! The trait of kernels, and the arguments of their forward and backward passes.

use std::fmt::Debug;

use kindling_data::SparseRows;

use crate::cpu::Memory;

/// A batch of samples that a kernel reads.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// Dense values, `[batch * values per sample]`.
    Dense(&'a [f32]),
    /// Sparse values.
    Sparse(&'a SparseRows),
}

/// The arithmetic of a layer on the CPU, with a hand-written backward pass.
///
/// Arrays are row-major, with samples along the first axis. A kernel holds the shapes of one sample; each call gives
/// the number of samples. Results must not depend on the number of threads.
pub trait Kernel: Debug + Send + Sync {
    /// Returns the number of output values per sample.
    fn outputs(&self) -> usize;

    /// Returns the number of values of memory that a call with `batch` samples needs. In training, the backward pass
    /// gets the memory as the forward pass left it. Default: 0.
    fn memory(&self, _batch: usize, _training: bool) -> usize {
        0
    }

    /// Returns the number of units of the first weight, if its gradient is the product of a sparse input and the
    /// output's gradient. Default: `None`.
    fn outer_units(&self) -> Option<usize> {
        None
    }

    /// Returns whether the kernel accepts a sparse input. Default: false.
    fn takes_sparse(&self) -> bool {
        false
    }

    /// Writes the whole output, `[batch * outputs]`.
    fn forward(&self, call: Forward);

    /// Writes the requested gradients, with the same input, weights and memory as the forward pass.
    fn backward(&self, call: Backward);
}

/// The arguments of [`Kernel::forward`].
#[derive(Debug)]
pub struct Forward<'a> {
    /// Number of samples.
    pub batch: usize,
    /// The samples.
    pub input: Input<'a>,
    /// The layer's weights, in the layer's order.
    pub weights: &'a [&'a [f32]],
    /// The buffer for the output, with arbitrary contents before the call.
    pub output: &'a mut [f32],
    /// [`Kernel::memory`] values, with arbitrary contents before the call.
    pub memory: &'a mut [f32],
    /// Whether a backward pass can follow.
    pub training: bool,
}

/// The arguments of [`Kernel::backward`].
#[derive(Debug)]
pub struct Backward<'a> {
    /// Number of samples.
    pub batch: usize,
    /// The samples.
    pub input: Input<'a>,
    /// The layer's weights, in the layer's order.
    pub weights: &'a [&'a [f32]],
    /// The output of the forward pass.
    pub output: &'a [f32],
    /// The memory of the forward pass.
    pub memory: &'a mut [f32],
    /// The gradient of the loss with respect to the output. The kernel may overwrite it.
    pub output_gradient: &'a mut [f32],
    /// The buffer for the gradient with respect to a dense input, if it is requested.
    pub input_gradient: Option<&'a mut [f32]>,
    /// The buffer for the gradient with respect to each weight, if it is requested.
    pub weight_gradients: Vec<Option<&'a mut [f32]>>,
    /// The destination of the gradient with respect to the first weight, if that is a product with the sparse input:
    /// the product or its factor.
    pub outer: Option<&'a mut OuterValues>,
}

/// The gradient with respect to a weight that is multiplied with sparse samples.
#[derive(Debug)]
pub enum OuterValues {
    /// The gradient with respect to the product, in blocks. The weight's gradient is its product with the samples.
    OfProduct(Memory),
    /// The gradient with respect to the weight, `[columns, units]`. Rows of columns without values are 0.
    OfWeight(Memory),
}

impl Default for OuterValues {
    fn default() -> Self {
        Self::OfProduct(Memory::default())
    }
}

impl<'a> Input<'a> {
    /// Returns the values of a dense input.
    ///
    /// # Panics
    /// Panics if the input is sparse: only the first kernel of a network gets such an input.
    pub fn dense(self) -> &'a [f32] {
        match self {
            Self::Dense(values) => values,
            Self::Sparse(_) => panic!("the kernel requires a dense input"),
        }
    }
}
