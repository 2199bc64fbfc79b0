//! Samples of which most values are 0.

mod distinct;
mod rows;
mod stored;

pub(super) use distinct::Distinct;
pub use rows::{SparseColumns, SparseRows};
pub(super) use stored::{Compact, Stored};
