//! The softmax along the last axis.

use crate::{
    cpu::{exp, vectorized},
    kernel::{Backward, Forward, Kernel},
};

/// The softmax of each row, `e^x / sum(e^x)`.
#[derive(Clone, Debug)]
pub struct Softmax {
    /// Number of rows per sample.
    pub rows: usize,
    /// Number of values per row.
    pub units: usize,
}

impl Kernel for Softmax {
    fn outputs(&self) -> usize {
        self.rows * self.units
    }

    fn forward(&self, call: Forward) {
        let rows = call.input.dense().chunks_exact(self.units).zip(call.output.chunks_exact_mut(self.units));
        rows.for_each(|(row, shares)| {
            softmax(row, shares);
        });
    }

    fn backward(&self, call: Backward) {
        let Some(gradient) = call.input_gradient else { return };
        let rows = call.output.chunks_exact(self.units).zip(call.output_gradient.chunks_exact(self.units));
        for ((shares, of_shares), gradient) in rows.zip(gradient.chunks_exact_mut(self.units)) {
            let mean: f32 = shares.iter().zip(of_shares).map(|(share, of_share)| share * of_share).sum();
            let parts = shares.iter().zip(of_shares);
            gradient
                .iter_mut()
                .zip(parts)
                .for_each(|(gradient, (share, of_share))| *gradient = share * (of_share - mean));
        }
    }
}

vectorized! {
    /// Writes the softmax of `row` to `shares`. Returns `log(sum(e^x))`.
    pub(super) fn softmax(row: &[f32], shares: &mut [f32]) -> f32 {
        let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        row.iter().zip(&mut *shares).for_each(|(x, share)| *share = exp(x - largest));
        let sum: f32 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= sum);
        sum.ln() + largest
    }
}
