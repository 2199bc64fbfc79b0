//! Arrays of a batch, in the host's memory.

use burn::tensor::TensorData;

use super::sparse::SparseRows;

/// One input or target of a batch, in the host's memory.
///
/// [`TensorData`] has no sparse form, and a dense batch of multi-hot vectors takes about a hundred times the memory.
#[derive(Clone, Debug, PartialEq)]
pub enum Array {
    /// Dense `f32` or `i32` values, shape `[batch, ...]`.
    Dense(TensorData),
    /// Sparse `f32` values, shape `[batch, ...]`.
    Sparse(SparseRows),
}

impl Array {
    /// Returns the array in dense form: `f32` or `i32`, shape `[batch, ...]`.
    pub fn into_dense(self) -> TensorData {
        match self {
            Self::Dense(data) => data,
            Self::Sparse(rows) => rows.dense(),
        }
    }
}
