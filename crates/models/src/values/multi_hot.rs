//! Multi-hot vectors on a device.

use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor, TensorData};
use kindling_data::MultiHot;

use super::pieces;

/// Sparse multi-hot vectors: sample `rows[i]` has a one in column `columns[i]`.
#[derive(Clone, Debug)]
pub struct MultiHotTensor {
    /// The sample of each one, in ascending order, `[ones]`.
    pub rows: Tensor<1, Int>,
    /// The column of each one, `[ones]`.
    pub columns: Tensor<1, Int>,
    /// Number of samples.
    pub batch: usize,
    /// Length of a vector.
    pub dimension: usize,
}

impl MultiHotTensor {
    /// Moves vectors to the device.
    pub fn new(hot: MultiHot, device: &Device) -> Self {
        let ones = [hot.columns.len()];
        let tensor = |values| Tensor::from_data(TensorData::new(values, ones), device);
        Self {
            rows: tensor(hot.rows),
            columns: tensor(hot.columns),
            batch: hot.batch,
            dimension: hot.dimension,
        }
    }

    /// Returns the vectors with their zeros, `[batch, dimension]`.
    pub fn dense(self) -> Tensor<2> {
        let device = self.rows.device();
        let flat = self.rows.mul_scalar(self.dimension as i64) + self.columns;
        let [ones] = flat.dims();
        let zeros = Tensor::<1>::zeros([self.batch * self.dimension], &device);
        let dense = pieces(ones, &device).fold(zeros, |dense, piece| {
            let ones = Tensor::ones([piece.len()], &device);
            dense.select_assign(0, flat.clone().slice([piece]), ones, IndexingUpdateOp::Add)
        });
        dense.reshape([self.batch, self.dimension])
    }
}
