//! The product of sparse multi-hot vectors and a kernel.

use burn::tensor::{IndexingUpdateOp, Tensor};

use super::pieces;
use crate::MultiHotTensor;

/// Returns `input · kernel`, `[batch, units]`: for each sample, the sum of the kernel's rows at its ones.
///
/// A batch of 512 reviews with 10,000 words has 120,000 ones among 5,120,000 values.
pub(crate) fn product(input: MultiHotTensor, kernel: Tensor<2>) -> Tensor<2> {
    let MultiHotTensor { rows, columns, batch, .. } = input;
    let [_, units] = kernel.dims();
    let [ones] = columns.dims();
    if ones == 0 {
        // Zeros that depend on the kernel, so that it has a gradient.
        return kernel.narrow(0, 0, 1).mul_scalar(0.0).expand([batch, units]);
    }
    let device = kernel.device();
    pieces(ones, &device).fold(Tensor::zeros([batch, units], &device), |sum, piece| {
        let rows = rows.clone().slice([piece.clone()]);
        let chosen = kernel.clone().select(0, columns.clone().slice([piece]));
        sum.select_assign(0, rows, chosen, IndexingUpdateOp::Add)
    })
}
