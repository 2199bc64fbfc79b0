//! The product of multi-hot vectors and a kernel, without making the vectors.

use burn::tensor::{IndexingUpdateOp, Tensor};

use crate::MultiHotTensor;

/// `input · kernel`, `[batch, units]`: for each sample, the sum of the kernel's rows at its ones.
///
/// A batch of 512 reviews of 10,000 words has 120,000 ones in 5,120,000 places.
pub(super) fn product(input: MultiHotTensor, kernel: Tensor<2>) -> Tensor<2> {
    let MultiHotTensor { rows, places, batch, .. } = input;
    let [_, units] = kernel.dims();
    if places.dims() == [0] {
        // Not a word in the whole batch: zeros, which still hang on the kernel.
        return kernel.narrow(0, 0, 1).mul_scalar(0.0).expand([batch, units]);
    }
    let zeros = Tensor::zeros([batch, units], &kernel.device());
    zeros.select_assign(0, rows, kernel.select(0, places), IndexingUpdateOp::Add)
}
