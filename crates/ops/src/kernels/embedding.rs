//! The embedding: a row of its table for each id.

use crate::{
    cpu::run_all,
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

/// Ids that one thread looks up at a time.
const PART: usize = 1 << 13;

/// Copies rows of a length that is known at compile time, which takes no call for each.
fn copy_rows<const N: usize>(table: &[f32], ids: &[u32], output: &mut [f32]) {
    let ((table, _), (output, _)) = (table.as_chunks::<N>(), output.as_chunks_mut::<N>());
    output.iter_mut().zip(ids).for_each(|(row, id)| *row = table[*id as usize]);
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
        let (table, dimensions) = (call.weights[0], self.dimensions);
        if dimensions == 0 {
            return;
        }
        let parts = call.output.chunks_mut(PART * dimensions).zip(ids.columns().chunks(PART));
        // Copies take more time than multiplications.
        run_all(parts, 4 * ids.len() * dimensions, |(output, ids)| match dimensions {
            8 => copy_rows::<8>(table, ids, output),
            16 => copy_rows::<16>(table, ids, output),
            _ => {
                for (row, id) in output.chunks_exact_mut(dimensions).zip(ids) {
                    row.copy_from_slice(&table[*id as usize * dimensions..][..dimensions]);
                }
            }
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
