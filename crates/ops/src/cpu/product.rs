//! Products with a matrix that is used repeatedly.

use super::{Level, Matrix, Memory, vectorized};

/// Adds the product of `left`, `[m, k]`, and the row-major `right`, `[k, n]`, to the row-major `output`, `[m, n]`.
///
/// It is faster than [`matmul`](super::matmul()) if `right` stays in the processor's caches between calls, as a
/// recurrent kernel does from step to step, since nothing is packed first. It runs on the calling thread.
///
/// # Panics
/// Panics if a slice is shorter than its matrix.
pub fn add_product(output: &mut [f32], sizes: [usize; 3], left: Matrix, right: &[f32]) {
    product(output, sizes, left, right, true);
}

/// Writes the product to the output, or adds it to the output.
fn product(output: &mut [f32], [m, n, k]: [usize; 3], left: Matrix, right: &[f32], add: bool) {
    assert!(left.holds(m, k), "the matrix is within its slice");
    let (output, right) = (&mut output[..m * n], &right[..k * n]);
    if output.is_empty() || k == 0 {
        return;
    }
    match Level::of_processor() {
        #[cfg(target_arch = "x86_64")]
        Level::V4 => wide_blocks(output, n, left, right, add),
        _ => blocks(output, n, left, right, add),
    }
}

/// Computes [`matmul`](super::matmul()) where `left` has few columns or `right` is small and row-major.
pub(super) fn flat_product(
    output: &mut [f32],
    [m, n, k]: [usize; 3],
    left: Matrix,
    right: Matrix,
    add: bool,
) {
    if right.strides == [n, 1] {
        return product(output, [m, n, k], left, right.values, add);
    }
    let mut rows = Memory::of(k * n);
    for (p, row) in rows.chunks_exact_mut(n).enumerate() {
        let values = right.values[p * right.strides[0]..].iter().step_by(right.strides[1]);
        row.iter_mut().zip(values).for_each(|(to, from)| *to = *from);
    }
    product(output, [m, n, k], left, &rows, add);
}

vectorized! {
    /// Computes blocks of 6 x 16, for 16 registers of 256 bits.
    fn blocks(output: &mut [f32], n: usize, left: Matrix, right: &[f32], add: bool) {
        match add {
            true => rows::<6, 16, true>(output, n, left, right),
            false => rows::<6, 16, false>(output, n, left, right),
        }
    }

    /// Computes blocks of 8 x 32, for 32 registers of 512 bits.
    fn wide_blocks(output: &mut [f32], n: usize, left: Matrix, right: &[f32], add: bool) {
        match add {
            true => rows::<8, 32, true>(output, n, left, right),
            false => rows::<8, 32, false>(output, n, left, right),
        }
    }
}

/// Computes `M` rows and `N` columns of the output at a time, as many as fit into the registers.
#[inline(always)]
fn rows<const M: usize, const N: usize, const ADD: bool>(
    output: &mut [f32],
    n: usize,
    left: Matrix,
    right: &[f32],
) {
    let mut rows = output.chunks_exact_mut(M * n);
    let mut row = 0;
    for output in rows.by_ref() {
        columns::<M, N, ADD>(output, n, left, row, right);
        row += M;
    }
    for output in rows.into_remainder().chunks_exact_mut(n) {
        columns::<1, N, ADD>(output, n, left, row, right);
        row += 1;
    }
}

/// Computes `M` rows of the output, from row `first` of `left` on.
#[inline(always)]
fn columns<const M: usize, const N: usize, const ADD: bool>(
    output: &mut [f32],
    n: usize,
    left: Matrix,
    first: usize,
    right: &[f32],
) {
    let mut column = 0;
    while column + N <= n {
        block::<M, N, ADD>(output, n, left, first, right, column);
        column += N;
    }
    while column + 8 <= n {
        block::<M, 8, ADD>(output, n, left, first, right, column);
        column += 8;
    }
    if column < n {
        rest::<M, ADD>(output, n, left, first, right, column);
    }
}

/// Computes `N` columns of some rows, from `column` on.
#[inline(always)]
fn block<const M: usize, const N: usize, const ADD: bool>(
    output: &mut [f32],
    n: usize,
    left: Matrix,
    first: usize,
    right: &[f32],
    column: usize,
) {
    let (k, [stride, step]) = (right.len() / n, left.strides);
    let mut sums = [[0.0_f32; N]; M];
    if ADD {
        for (row, sums) in sums.iter_mut().enumerate() {
            sums.copy_from_slice(&output[row * n + column..][..N]);
        }
    }
    assert!(
        left.holds(first + M, k) && k * n <= right.len() && column + N <= n,
        "the block is within the matrices"
    );
    let (mut factors, mut from) = (left.values[first * stride..].as_ptr(), right[column..].as_ptr());
    for p in 0..k {
        // SAFETY: by the assertion above, the `N` values from `column` on of row `p` of `right` are within its slice,
        // and so are rows `first` to `first + M - 1` of column `p` of `left`. The pointers advance only if there is a
        // next row.
        #[expect(unsafe_code, reason = "bounds checks take as long as the arithmetic")]
        unsafe {
            let right = &*from.cast::<[f32; N]>();
            for (row, sums) in sums.iter_mut().enumerate() {
                let factor = *factors.add(row * stride);
                for lane in 0..N {
                    sums[lane] = right[lane].mul_add(factor, sums[lane]);
                }
            }
            if p + 1 < k {
                (factors, from) = (factors.add(step), from.add(n));
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        output[row * n + column..][..N].copy_from_slice(sums);
    }
}

/// Computes the last columns of some rows, fewer than a vector.
#[inline(always)]
fn rest<const M: usize, const ADD: bool>(
    output: &mut [f32],
    n: usize,
    left: Matrix,
    first: usize,
    right: &[f32],
    column: usize,
) {
    for row in 0..M {
        if !ADD {
            output[row * n + column..(row + 1) * n].fill(0.0);
        }
        for (p, right) in right.chunks_exact(n).enumerate() {
            let factor = left.values[(first + row) * left.strides[0] + p * left.strides[1]];
            let columns = output[row * n + column..(row + 1) * n].iter_mut().zip(&right[column..]);
            columns.for_each(|(sum, right)| *sum = right.mul_add(factor, *sum));
        }
    }
}

/// Writes the transpose of `matrix`, which has `columns` columns.
pub fn transpose(matrix: &[f32], columns: usize, transposed: &mut [f32]) {
    let rows = matrix.len() / columns.max(1);
    for (row, values) in matrix.chunks_exact(columns.max(1)).enumerate() {
        for (column, value) in values.iter().enumerate() {
            transposed[column * rows + row] = *value;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn products_equal_their_definition(m in 0_usize..10, n in 0_usize..70, k in 0_usize..20) {
            let numbers = |count: usize, step: f32| (0..count).map(|i| (i as f32 * step).sin()).collect::<Vec<_>>();
            let (left, right, start) = (numbers(m * k, 0.7), numbers(k * n, 0.3), numbers(m * n, 0.9));
            let mut output = start.clone();
            add_product(&mut output, [m, n, k], Matrix::rows(&left, k), &right);
            let mut transposed = start.clone();
            let mut left_transposed = vec![0.0; m * k];
            transpose(&left, k, &mut left_transposed);
            add_product(&mut transposed, [m, n, k], Matrix::transposed(&left_transposed, m), &right);
            prop_assert_eq!(&output, &transposed);
            for row in 0..m {
                for column in 0..n {
                    let sum: f64 = (0..k).map(|p| f64::from(left[row * k + p]) * f64::from(right[p * n + column])).sum();
                    let expected = f64::from(start[row * n + column]) + sum;
                    prop_assert!((f64::from(output[row * n + column]) - expected).abs() < 1e-5);
                }
            }
        }
    }
}
