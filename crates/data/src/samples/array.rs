//! Arrays of a batch, in the host's memory.

use burn::tensor::TensorData;

use super::sparse::SparseRows;

/// One input or target of a batch, in the host's memory.
///
/// It exists beside [`TensorData`] because `TensorData` has no sparse form: a dense batch of multi-hot vectors takes a
/// hundred times the memory.
#[derive(Clone, Debug, PartialEq)]
pub enum Array {
    /// `f32` or `i32`, shape `[batch, ...]`.
    Dense(TensorData),
    /// `f32`, shape `[batch, ...]`, without the zeros.
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
