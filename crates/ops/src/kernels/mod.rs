//! The kernels of layers and losses.

mod activation;
mod convolution;
mod cross_entropy;
mod dense;
mod dropout;
mod embedding;
mod errors;
mod linear;
mod patches;
mod pooling;
mod recurrent;
mod softmax;
mod sparse_dense;
mod stack;

pub use activation::Activation;
pub use convolution::Convolution;
pub use cross_entropy::{Classes, SigmoidCrossEntropy, SoftmaxCrossEntropy};
pub use dense::Dense;
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use errors::{Difference, Power};
pub use patches::Patches;
pub use pooling::{Pool, Pooling};
pub use recurrent::{Gru, Lstm, Sequence, SimpleRnn};
pub use softmax::Softmax;
pub use sparse_dense::reads_rows;
pub(crate) use sparse_dense::{KERNEL_ROWS, WIDEST, block, gradient_of_blocks, sum_block, sum_rows};
pub use stack::{Layer, Stack};
