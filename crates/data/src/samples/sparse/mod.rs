//! Sparse samples.

mod distinct;
mod rows;
mod stored;

pub(super) use distinct::Distinct;
pub use rows::{SparseColumns, SparseRows};
pub(super) use stored::{Compact, Stored};
