//! Matrix products with few columns.

use super::{Matrix, Memory, run_all, vectorized};

/// Maximum number of columns of a narrow output.
pub(super) const NARROW: usize = 16;

/// Number of rows of a narrow output that one thread computes at a time.
const PART: usize = 64;

/// Number of rows of a narrow output that are computed together.
const NARROW_ROWS: usize = 8;

/// Computes [`matmul`](super::matmul()) for at most [`NARROW`] columns.
pub(super) fn narrow_product(
    output: &mut [f32],
    [m, n, k]: [usize; 3],
    left: Matrix,
    right: Matrix,
    add: bool,
) {
    let mut wide = Memory::of(k * NARROW);
    for (p, row) in wide.chunks_exact_mut(NARROW).enumerate() {
        let (row, rest) = row.split_at_mut(n);
        let values = right.values[p * right.strides[0]..].iter().step_by(right.strides[1]);
        row.iter_mut().zip(values).for_each(|(to, from)| *to = *from);
        rest.fill(0.0);
    }
    let parts = output.chunks_mut(PART * n).enumerate();
    run_all(parts, m * k * NARROW, |(index, output)| {
        let first = index * PART * left.strides[0];
        let left = Matrix { values: &left.values[first..], ..left };
        narrow_blocks(output, n, left, &wide, add);
    });
}

vectorized! {
    fn narrow_blocks(output: &mut [f32], n: usize, left: Matrix, right: &[f32], add: bool) {
        let mut rows = output.chunks_exact_mut(NARROW_ROWS * n);
        let mut row = 0;
        for output in rows.by_ref() {
            narrow_rows::<NARROW_ROWS>(output, n, left, row, right, add);
            row += NARROW_ROWS;
        }
        for output in rows.into_remainder().chunks_exact_mut(n) {
            narrow_rows::<1>(output, n, left, row, right, add);
            row += 1;
        }
    }
}

/// Computes `M` rows of the output, from row `first` of `left` on.
#[inline(always)]
fn narrow_rows<const M: usize>(
    output: &mut [f32],
    n: usize,
    left: Matrix,
    first: usize,
    right: &[f32],
    add: bool,
) {
    let lefts: [&[f32]; M] = std::array::from_fn(|row| &left.values[(first + row) * left.strides[0]..]);
    let step = left.strides[1];
    let mut sums = [[0.0_f32; NARROW]; M];
    let (right, _) = right.as_chunks::<NARROW>();
    for (p, right) in right.iter().enumerate() {
        for (left, sums) in lefts.iter().zip(&mut sums) {
            let factor = left[p * step];
            for lane in 0..NARROW {
                sums[lane] = right[lane].mul_add(factor, sums[lane]);
            }
        }
    }
    for (row, sums) in output.chunks_exact_mut(n).zip(&sums) {
        match add {
            true => row.iter_mut().zip(sums).for_each(|(value, sum)| *value += sum),
            false => row.copy_from_slice(&sums[..n]),
        }
    }
}
