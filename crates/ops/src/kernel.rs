//! What a kernel is.

use std::fmt::Debug;

use kindling_data::SparseRows;

use crate::cpu::Memory;

/// A batch of samples that a kernel reads.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// Numbers, `[batch * values of a sample]`.
    Dense(&'a [f32]),
    /// Numbers of which most are 0.
    Sparse(&'a SparseRows),
}

/// A layer's arithmetic on the CPU, with a hand-written backward pass.
///
/// Arrays are row-major, samples along the first axis. A kernel holds the shapes of one sample; the number of samples
/// comes with each call. It must not depend on the number of threads.
pub trait Kernel: Debug + Send + Sync {
    /// Returns the number of values of one sample's output.
    fn outputs(&self) -> usize;

    /// Returns the number of values of memory that a call with `batch` samples needs. What the forward pass of a training
    /// step leaves there, its backward pass finds. Default: none.
    fn memory(&self, _batch: usize, _training: bool) -> usize {
        0
    }

    /// Returns the units of the first weight, if its gradient is the product of a sparse input and that of the output.
    /// Default: it is not.
    fn outer_units(&self) -> Option<usize> {
        None
    }

    /// Returns whether the kernel takes a sparse input. Default: it does not.
    fn takes_sparse(&self) -> bool {
        false
    }

    /// Writes all of the output, `[batch * outputs]`.
    fn forward(&self, call: Forward);

    /// Writes all of the gradients that are asked for, with the same input, weights and memory as the forward pass.
    fn backward(&self, call: Backward);
}

/// The arguments of [`Kernel::forward`].
#[derive(Debug)]
pub struct Forward<'a> {
    /// Number of samples.
    pub batch: usize,
    /// The samples.
    pub input: Input<'a>,
    /// The layer's weights, in the order of the layer.
    pub weights: &'a [&'a [f32]],
    /// Where the output goes. Its values before the call mean nothing.
    pub output: &'a mut [f32],
    /// [`Kernel::memory`] values, which mean nothing before the call.
    pub memory: &'a mut [f32],
    /// Whether a backward pass may follow.
    pub training: bool,
}

/// The arguments of [`Kernel::backward`].
#[derive(Debug)]
pub struct Backward<'a> {
    /// Number of samples.
    pub batch: usize,
    /// The samples.
    pub input: Input<'a>,
    /// The layer's weights, in the order of the layer.
    pub weights: &'a [&'a [f32]],
    /// What the forward pass wrote.
    pub output: &'a [f32],
    /// What the forward pass left.
    pub memory: &'a mut [f32],
    /// The loss' gradient with respect to the output. The kernel may change it.
    pub output_gradient: &'a mut [f32],
    /// Where the gradient with respect to a dense input goes, if it is needed.
    pub input_gradient: Option<&'a mut [f32]>,
    /// Where the gradient with respect to each weight goes, if it is needed.
    pub weight_gradients: Vec<Option<&'a mut [f32]>>,
    /// If the gradient with respect to the first weight is a product with the sparse input: where it goes, as that
    /// product or its factor.
    pub outer: Option<&'a mut OuterValues>,
}

/// The gradient with respect to a weight that is multiplied with sparse samples.
#[derive(Debug)]
pub enum OuterValues {
    /// The gradient with respect to the product, block by block, of which the weight's is the product with the samples.
    OfProduct(Memory),
    /// The gradient with respect to the weight, `[columns, units]`. Rows of columns without a value are 0.
    OfWeight(Memory),
}

impl Default for OuterValues {
    fn default() -> Self {
        Self::OfProduct(Memory::default())
    }
}

impl<'a> Input<'a> {
    /// Returns the numbers of a dense input.
    ///
    /// # Panics
    /// Panics for other inputs: only the first kernel of a network is given those.
    pub fn dense(self) -> &'a [f32] {
        match self {
            Self::Dense(values) => values,
            Self::Sparse(_) => panic!("the kernel takes a dense input"),
        }
    }
}
