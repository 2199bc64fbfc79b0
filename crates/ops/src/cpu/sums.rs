//! Sums of vectors.

use super::vectorized;

vectorized! {
    /// Adds `values` to `sums`.
    pub fn add(sums: &mut [f32], values: &[f32]) {
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }

    /// Writes the sum of rows, each as long as `sum`.
    pub fn sum_of_rows(rows: &[f32], sum: &mut [f32]) {
        sum.fill(0.0);
        for row in rows.chunks_exact(sum.len().max(1)) {
            sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
    }
}
