//! Matrix products.

use super::{
    narrow::{NARROW, narrow_product},
    product::flat_product,
    threads::is_task,
    vectorized,
};

/// A matrix in a slice: element `(i, j)` is at `i * strides[0] + j * strides[1]`.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    pub(super) values: &'a [f32],
    pub(super) strides: [usize; 2],
}

impl<'a> Matrix<'a> {
    /// Creates a row-major matrix with this number of columns.
    pub fn rows(values: &'a [f32], columns: usize) -> Self {
        Self { values, strides: [columns, 1] }
    }

    /// Creates the transpose of a row-major matrix with this number of columns.
    pub fn transposed(values: &'a [f32], columns: usize) -> Self {
        Self { values, strides: [1, columns] }
    }

    fn transpose(self) -> Self {
        Self { strides: [self.strides[1], self.strides[0]], ..self }
    }

    /// Returns whether all elements of an `m` by `n` matrix are within the slice.
    pub(super) fn holds(&self, m: usize, n: usize) -> bool {
        let place = |index: usize, stride: usize| (index - 1).checked_mul(stride);
        let last = || place(m, self.strides[0])?.checked_add(place(n, self.strides[1])?);
        m == 0 || n == 0 || last().is_some_and(|last| last < self.values.len())
    }
}

/// Number of multiplications from which a product is computed on all threads.
const WORTH_THREADS: usize = 1 << 21;

/// Maximum number of rows of a product that is computed as a sum of rows: preparing the blocks of a larger product
/// would take longer.
const FEW_ROWS: usize = 3;

/// Maximum number of values of a row-major `right` that is not packed: it fits into a core's L1 cache.
const SMALL: usize = 1 << 13;

/// Writes the product of `left`, `[m, k]`, and `right`, `[k, n]`, to the row-major `output`, `[m, n]`, or adds it to
/// the output.
///
/// # Panics
/// Panics if a matrix is larger than its slice.
pub fn matmul(output: &mut [f32], [m, n, k]: [usize; 3], left: Matrix, right: Matrix, add: bool) {
    assert!(
        Matrix::rows(output, n).holds(m, n) && left.holds(m, k) && right.holds(k, n),
        "matrices are within their slices"
    );
    let output = &mut output[..m * n];
    if !add && k == 0 {
        output.fill(0.0);
    }
    if m == 0 || n == 0 || k == 0 {
        return;
    }
    if n == 1 && m > 1 {
        // A column is contiguous, like a row.
        return matmul(output, [1, m, k], right.transpose(), left.transpose(), add);
    }
    if m <= FEW_ROWS && right.strides[1] == 1 {
        return sum_of_rows(output, n, k, left, right, add);
    }
    if m <= FEW_ROWS && right.strides[0] == 1 && left.strides[1] == 1 {
        return products_of_rows(output, n, k, left, right, add);
    }
    if n <= NARROW {
        return narrow_product(output, [m, n, k], left, right, add);
    }
    let is_small = right.strides == [n, 1] && k * n <= SMALL && m * n * k < WORTH_THREADS;
    // The crate gemm packs both matrices first, and leaves lanes of its registers empty.
    if k <= NARROW || is_small {
        return flat_product(output, [m, n, k], left, right, add);
    }
    let threads = match m * n * k >= WORTH_THREADS && !is_task() {
        true => gemm::Parallelism::Rayon(0),
        false => gemm::Parallelism::None,
    };
    let [left_strides, right_strides] =
        [left.strides, right.strides].map(|strides| strides.map(|stride| stride as isize));
    // SAFETY: by the assertion above all elements that are read are within the slices of `left` and `right`, and all that
    // are written within `output`, which is borrowed exclusively.
    #[expect(unsafe_code, reason = "the crate gemm takes pointers")]
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            output.as_mut_ptr(),
            1,
            n as isize,
            add,
            left.values.as_ptr(),
            left_strides[1],
            left_strides[0],
            right.values.as_ptr(),
            right_strides[1],
            right_strides[0],
            1.0,
            1.0,
            false,
            false,
            false,
            threads,
        );
    }
}

vectorized! {
    /// Computes each row of the output as a sum of rows of `right`. Factors of 0, frequent after ReLU, are skipped.
    fn sum_of_rows(output: &mut [f32], n: usize, k: usize, left: Matrix, right: Matrix, add: bool) {
        for (i, row) in output.chunks_mut(n).enumerate() {
            if !add {
                row.fill(0.0);
            }
            for p in 0..k {
                let factor = left.values[i * left.strides[0] + p * left.strides[1]];
                if factor != 0.0 {
                    let from = &right.values[p * right.strides[0]..][..n];
                    row.iter_mut().zip(from).for_each(|(sum, value)| *sum = value.mul_add(factor, *sum));
                }
            }
        }
    }

    /// Computes each value of the output as a product of a row of `left` and a column of `right`, both contiguous.
    fn products_of_rows(output: &mut [f32], n: usize, k: usize, left: Matrix, right: Matrix, add: bool) {
        const LANES: usize = 16;
        for (i, row) in output.chunks_mut(n).enumerate() {
            let left = &left.values[i * left.strides[0]..][..k];
            for (j, value) in row.iter_mut().enumerate() {
                let right = &right.values[j * right.strides[1]..][..k];
                let mut sums = [0.0_f32; LANES];
                let (left_parts, left_rest) = left.as_chunks::<LANES>();
                let (right_parts, right_rest) = right.as_chunks::<LANES>();
                for (left, right) in left_parts.iter().zip(right_parts) {
                    for lane in 0..LANES {
                        sums[lane] = left[lane].mul_add(right[lane], sums[lane]);
                    }
                }
                let mut sum: f32 = sums.iter().sum();
                for (left, right) in left_rest.iter().zip(right_rest) {
                    sum = left.mul_add(*right, sum);
                }
                *value = if add { *value + sum } else { sum };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matrix(values: &[f32], rows: usize, columns: usize, transposed: bool) -> Matrix<'_> {
        if transposed { Matrix::transposed(values, rows) } else { Matrix::rows(values, columns) }
    }

    #[test]
    fn sizes_whose_product_overflows_are_outside_of_the_slice() {
        let values = [0.0; 4];
        let huge = usize::MAX / 2 + 2;
        assert!(Matrix::rows(&values, 2).holds(2, 2));
        assert!(!Matrix::rows(&values, 2).holds(huge, 1));
        assert!(!Matrix::transposed(&values, 2).holds(1, huge));
        assert!(!Matrix::rows(&values, 1).holds(usize::MAX, 3));
    }

    #[test]
    #[should_panic(expected = "matrices are within their slices")]
    fn output_whose_size_overflows_is_refused() {
        let rows = usize::MAX / 2 + 1;
        matmul(&mut [], [rows, 2, 1], Matrix::rows(&[0.0], 0), Matrix::rows(&[0.0; 2], 2), false);
    }

    proptest! {
        #[test]
        fn products_equal_their_definition(
            m in 0_usize..90, n in 0_usize..40, k in 0_usize..40, left_transposed: bool, right_transposed: bool, add: bool,
        ) {
            let numbers = |count: usize, step: f32| (0..count).map(|i| (i as f32 * step).sin()).collect::<Vec<_>>();
            let (left, right, start) = (numbers(m * k, 0.7), numbers(k * n, 0.3), numbers(m * n, 0.9));
            let (left, right) = (matrix(&left, m, k, left_transposed), matrix(&right, k, n, right_transposed));
            let mut output = start.clone();
            matmul(&mut output, [m, n, k], left, right, add);
            let at = |matrix: &Matrix, i: usize, j: usize| {
                f64::from(matrix.values[i * matrix.strides[0] + j * matrix.strides[1]])
            };
            for i in 0..m {
                for j in 0..n {
                    let sum: f64 = (0..k).map(|p| at(&left, i, p) * at(&right, p, j)).sum();
                    let expected = sum + if add { f64::from(start[i * n + j]) } else { 0.0 };
                    prop_assert!((f64::from(output[i * n + j]) - expected).abs() < 1e-5);
                }
            }
        }
    }
}
