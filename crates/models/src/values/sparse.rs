//! Sparse batches on a device.

use std::sync::Arc;

use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor, TensorData};
use kindling_data::SparseRows;

use super::pieces;

/// A sparse batch, `[batch, ...]`. Clones share the values.
#[derive(Clone, Debug)]
pub struct SparseTensor {
    rows: Arc<SparseRows>,
    device: Device,
}

impl SparseTensor {
    /// Creates a sparse batch for computations on `device`. The values stay in host memory until a layer needs them.
    pub fn new(rows: SparseRows, device: &Device) -> Self {
        Self { rows: Arc::new(rows), device: device.clone() }
    }

    /// Returns the rows.
    pub fn rows(&self) -> &Arc<SparseRows> {
        &self.rows
    }

    /// Returns the device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Returns the shape, `[batch, ...]`.
    pub fn shape(&self) -> Vec<usize> {
        std::iter::once(self.rows.len()).chain(self.rows.sample_shape().iter().copied()).collect()
    }

    /// Returns each sample as a vector.
    pub fn flatten(self) -> Self {
        let rows = Arc::unwrap_or_clone(self.rows);
        let width = rows.width();
        Self { rows: Arc::new(rows.reshape(vec![width])), ..self }
    }

    pub(super) fn on(self, device: Device) -> Self {
        Self { device, ..self }
    }

    /// Returns the batch as a dense tensor, with each sample as a vector, `[batch, values]`.
    pub fn dense(&self) -> Tensor<2> {
        let shape = [self.rows.len(), self.rows.width()];
        if crate::computes_in_host_memory(&self.device) {
            return Tensor::from_data(TensorData::new(into_vec(self.rows.dense()), shape), &self.device);
        }
        // Transferring the nonzero values takes less time than transferring all values.
        let (rows, columns) = self.places();
        let flat = rows.mul_scalar(shape[1] as i64) + columns;
        let zeros = Tensor::<1>::zeros([shape[0] * shape[1]], &self.device);
        let dense = pieces(self.rows.columns().len(), &self.device).fold(zeros, |dense, piece| {
            let values = self.values(piece.clone());
            dense.select_assign(0, flat.clone().slice([piece]), values, IndexingUpdateOp::Add)
        });
        dense.reshape(shape)
    }

    /// Returns `input · kernel`, `[batch, units]`: for each sample, the sum of the kernel's rows at its nonzero
    /// columns, times the values. A batch of 512 reviews with 10,000 words has 120,000 ones among 5,120,000 values.
    pub(crate) fn product(&self, kernel: Tensor<2>) -> Tensor<2> {
        let [_, units] = kernel.dims();
        let batch = self.rows.len();
        let count = self.rows.columns().len();
        if count == 0 {
            // Zeros that depend on the kernel, so that it has a gradient.
            return kernel.narrow(0, 0, 1).mul_scalar(0.0).expand([batch, units]);
        }
        let (rows, columns) = self.places();
        let sum = Tensor::zeros([batch, units], &self.device);
        pieces(count, &self.device).fold(sum, |sum, piece| {
            let chosen = kernel.clone().select(0, columns.clone().slice([piece.clone()]));
            let chosen = match self.rows.values() {
                Some(_) => chosen * self.values(piece.clone()).unsqueeze_dim(1),
                None => chosen,
            };
            sum.select_assign(0, rows.clone().slice([piece]), chosen, IndexingUpdateOp::Add)
        })
    }

    /// Returns the row and the column of each nonzero value, `[values]` each.
    fn places(&self) -> (Tensor<1, Int>, Tensor<1, Int>) {
        let tensor = |places: Vec<i32>| {
            let count = [places.len()];
            Tensor::from_data(TensorData::new(places, count), &self.device)
        };
        let columns = self.rows.columns().iter().map(|column| *column as i32);
        (tensor(self.rows.rows().map(|row| row as i32).collect()), tensor(columns.collect()))
    }

    fn values(&self, piece: std::ops::Range<usize>) -> Tensor<1> {
        match self.rows.values() {
            Some(values) => Tensor::from_data(
                TensorData::new(values[piece.clone()].to_vec(), [piece.len()]),
                &self.device,
            ),
            None => Tensor::ones([piece.len()], &self.device),
        }
    }
}

fn into_vec(data: TensorData) -> Vec<f32> {
    data.try_into_vec().expect("sparse rows are f32")
}
