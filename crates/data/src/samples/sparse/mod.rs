//! Samples of which most values are 0.

mod rows;
mod stored;

pub use rows::{SparseColumns, SparseRows};
pub(super) use stored::{Compact, Stored};
