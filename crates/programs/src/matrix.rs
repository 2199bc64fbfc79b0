//! A matrix whose elements are read and written one at a time, for loops that show what a tensor operation computes.
//!
//! ```
//! use kindling_programs::matrix::Matrix;
//!
//! let mut x = Matrix::new(vec![1.0, -2.0, 3.0, -4.0], [2, 2])?;
//! x[[0, 1]] = 5.0;
//! assert_eq!((x.row(0), x.column(1)), (vec![1.0, 5.0], vec![5.0, -4.0]));
//! # Ok::<(), anyhow::Error>(())
//! ```

use std::ops::{Index, IndexMut};

/// A tensor of rank 2 with at least one value, stored row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    values: Vec<f32>,
    rows: usize,
    columns: usize,
}

impl Matrix {
    /// Creates a matrix of shape `[rows, columns]`.
    ///
    /// # Errors
    /// Returns an error if the number of values does not match the shape, or is 0.
    pub fn new(values: Vec<f32>, [rows, columns]: [usize; 2]) -> anyhow::Result<Self> {
        anyhow::ensure!(
            !values.is_empty() && rows.checked_mul(columns) == Some(values.len()),
            "{} values do not fill a matrix of shape [{rows}, {columns}]: give one for each element, and at least one",
            values.len()
        );
        Ok(Self { values, rows, columns })
    }

    /// Returns `[rows, columns]`.
    pub fn shape(&self) -> [usize; 2] {
        [self.rows, self.columns]
    }

    /// Returns the values of a row, `[columns]`.
    ///
    /// # Panics
    /// Panics if there is no such row.
    pub fn row(&self, row: usize) -> Vec<f32> {
        (0..self.columns).map(|column| self[[row, column]]).collect()
    }

    /// Returns the values of a column, `[rows]`.
    ///
    /// # Panics
    /// Panics if there is no such column.
    pub fn column(&self, column: usize) -> Vec<f32> {
        (0..self.rows).map(|row| self[[row, column]]).collect()
    }

    /// Returns a matrix of zeros of shape `[rows, columns]`.
    pub fn zeros([rows, columns]: [usize; 2]) -> Self {
        Self { values: vec![0.0; rows * columns], rows, columns }
    }
}

/// The value in a row and a column: `x[[i, j]]`.
///
/// # Panics
/// Panics if there is no such value.
impl Index<[usize; 2]> for Matrix {
    type Output = f32;

    fn index(&self, [row, column]: [usize; 2]) -> &f32 {
        &self.values[row * self.columns + column]
    }
}

impl IndexMut<[usize; 2]> for Matrix {
    fn index_mut(&mut self, [row, column]: [usize; 2]) -> &mut f32 {
        &mut self.values[row * self.columns + column]
    }
}

impl From<Matrix> for Vec<f32> {
    fn from(matrix: Matrix) -> Self {
        matrix.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_stored_row_by_row() {
        let x = Matrix::new(vec![1.0, -2.0, 3.0, 4.0, 5.0, -6.0], [2, 3]).unwrap();
        assert_eq!((x.row(1), x.column(1)), (vec![4.0, 5.0, -6.0], vec![-2.0, 5.0]));
        assert_eq!((Matrix::zeros([2, 3]).shape(), x[[0, 2]]), ([2, 3], 3.0));
    }

    #[test]
    fn values_that_do_not_fill_the_shape_are_an_error() {
        for (count, shape) in [(5, [2, 3]), (0, [usize::MAX, 0]), (1, [usize::MAX, 2])] {
            let error = Matrix::new(vec![1.0; count], shape).unwrap_err().to_string();
            assert!(
                error.contains(&format!("{count} values do not fill a matrix of shape {shape:?}")),
                "{error}"
            );
        }
    }
}
