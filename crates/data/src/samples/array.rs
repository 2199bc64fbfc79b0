//! Arrays of a batch, in the host's memory.

use burn::tensor::TensorData;

/// One input or target of a batch, in the host's memory.
///
/// It exists beside [`TensorData`] because `TensorData` has no sparse form: a dense batch of multi-hot vectors takes a
/// hundred times the memory.
#[derive(Clone, Debug, PartialEq)]
pub enum Array {
    /// `f32` or `i32`, shape `[batch, ...]`.
    Dense(TensorData),
    /// Sparse vectors of zeros and ones.
    MultiHot(MultiHot),
}

/// Sparse multi-hot vectors, shape `[batch, dimension]`, in coordinate form: sample `rows[i]` is 1 at `columns[i]`.
///
/// Rows ascend, and columns ascend within a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultiHot {
    /// The row (the sample's position in the batch) of each one.
    pub rows: Vec<i32>,
    /// The column of each one.
    pub columns: Vec<i32>,
    /// Number of samples.
    pub batch: usize,
    /// Length of a dense vector.
    pub dimension: usize,
}

impl MultiHot {
    /// Builds the batch from the ascending columns of each sample's ones.
    pub(crate) fn new<'a>(samples: impl ExactSizeIterator<Item = &'a [u32]>, dimension: usize) -> Self {
        let batch = samples.len();
        let (mut rows, mut columns) = (Vec::new(), Vec::new());
        for (row, sample) in samples.enumerate() {
            rows.resize(rows.len() + sample.len(), row as i32);
            columns.extend(sample.iter().map(|column| *column as i32));
        }
        Self { rows, columns, batch, dimension }
    }
}

impl Array {
    /// Returns the array in dense form: `f32` or `i32`, shape `[batch, ...]`.
    pub fn into_dense(self) -> TensorData {
        match self {
            Self::Dense(data) => data,
            Self::MultiHot(MultiHot { rows, columns, batch, dimension }) => {
                let mut dense = vec![0.0_f32; batch * dimension];
                for (row, column) in rows.into_iter().zip(columns) {
                    dense[row as usize * dimension + column as usize] = 1.0;
                }
                TensorData::new(dense, [batch, dimension])
            }
        }
    }
}
