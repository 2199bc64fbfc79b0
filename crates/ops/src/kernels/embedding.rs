//! The embedding: a row of the table for each id.

use crate::{
    cpu::run_all,
    kernel::{Backward, Forward, Input, Kernel},
    kernels::sparse_dense,
};

/// The rows of a table for ids. Its weight is the table, `[ids, dimensions]`. Its input is sparse: one row for each
/// step of each sample, with a single one in the column of the id.
#[derive(Clone, Debug)]
pub struct Embedding {
    /// Number of ids per sample.
    pub steps: usize,
    /// Length of a row of the table.
    pub dimensions: usize,
}

/// Number of ids that one thread looks up at a time.
const PART: usize = 1 << 13;

/// Copies rows whose length is known at compile time, which compiles to moves instead of calls.
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
        let Input::Sparse(ids) = call.input else { panic!("an embedding requires ids") };
        let (table, dimensions) = (call.weights[0], self.dimensions);
        if dimensions == 0 {
            return;
        }
        let parts = call.output.chunks_mut(PART * dimensions).zip(ids.columns().chunks(PART));
        // Copies take longer than multiplications.
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
        let Input::Sparse(ids) = call.input else { panic!("an embedding requires ids") };
        if let Some(outer) = call.outer {
            *outer = sparse_dense::outer(ids, call.output_gradient);
        }
        if let Some(Some(gradient)) = call.weight_gradients.into_iter().next() {
            sparse_dense::kernel_gradient(ids, call.output_gradient, gradient);
        }
    }
}
