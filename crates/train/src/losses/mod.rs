//! Loss functions, with Keras' names. Each computes a value per sample, so sample weights work with all of them.

mod cross_entropy;
mod ctc;
mod errors;
mod from_fn;
mod fused;
mod hinge;
mod huber;
mod kl_divergence;
mod log_cosh;
mod loss;
mod output;
mod poisson;
mod task;
#[cfg(test)]
mod testing;

pub use cross_entropy::{BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy};
pub use ctc::{Ctc, ctc_decode};
pub use errors::{MeanAbsoluteError, MeanSquaredError};
pub use from_fn::from_fn;
pub use hinge::Hinge;
pub use huber::Huber;
pub use kl_divergence::KlDivergence;
pub use log_cosh::LogCosh;
pub use loss::Loss;
pub(crate) use loss::{check_classes, check_values, classes, is_classes, steps_and_units};
pub use output::{Output, Target};
pub use poisson::Poisson;
pub use task::Task;

/// Keras' `backend.epsilon()`: the lower bound of probabilities before taking a logarithm.
const EPSILON: f64 = 1e-7;
