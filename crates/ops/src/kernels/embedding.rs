//! The embedding: a row of its table for each id.

use crate::{
    kernel::{Backward, Forward, Input, Kernel},
    kernels::sparse_dense,
};

/// Looks rows of its weight, `[ids, dimensions]`, up. Its input are sparse rows, one for each step of each sample, that
/// hold a single one each, in the column of the step's id.
#[derive(Clone, Debug)]
pub struct Embedding {
    /// Ids of a sample.
    pub steps: usize,
    /// Length of a row of the table.
    pub dimensions: usize,
}

impl Kernel for Embedding {
    fn outputs(&self) -> usize {
        self.steps * self.dimensions
    }

    fn takes_sparse(&self) -> bool {
        true
    }

    fn outer_units(&self) -> Option<usize> {
        Some(self.dimensions)
    }

    fn forward(&self, call: Forward) {
        let Input::Sparse(ids) = call.input else { panic!("an embedding takes ids") };
        let rows = call.output.chunks_exact_mut(self.dimensions).zip(ids.columns());
        rows.for_each(|(row, id)| {
            row.copy_from_slice(&call.weights[0][*id as usize * self.dimensions..][..self.dimensions]);
        });
    }

    fn backward(&self, call: Backward) {
        let Input::Sparse(ids) = call.input else { panic!("an embedding takes ids") };
        if let Some(outer) = call.outer {
            *outer = sparse_dense::outer(ids, call.output_gradient);
        }
        if let Some(Some(gradient)) = call.weight_gradients.into_iter().next() {
            sparse_dense::kernel_gradient(ids, call.output_gradient, gradient);
        }
    }
}
