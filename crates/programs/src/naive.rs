//! Tensor operations as plain loops that show what each computes, without any optimization.
//!
//! "Deep Learning with Python", section 2.3. The example `ch02_tensor_operations` spells the same loops out on [`Matrix`], and
//! compares their time, in [`milliseconds`], with that of Burn's operations.
//!
//! ```
//! use kindling_programs::naive::{self, Matrix};
//!
//! let x = Matrix::new(vec![1.0, -2.0, 3.0, -4.0], [2, 2])?;
//! assert_eq!(naive::relu(&x).values(), [1.0, 0.0, 3.0, 0.0]);
//! assert_eq!(naive::matrix_vector_dot(&x, &[1.0, 1.0])?, [-1.0, -1.0]);
//! # Ok::<(), naive::NaiveError>(())
//! ```

use std::{
    hint::black_box,
    ops::{Index, IndexMut},
    time::Instant,
};

use kindling::prelude::Device;

/// The shapes of operands do not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NaiveError {
    /// A matrix has another number of values than its shape says, or none.
    #[error(
        "{given} values do not fill a matrix of shape {shape:?}: give one for each element, and at least one"
    )]
    Values {
        /// Number of values.
        given: usize,
        /// Rows and columns.
        shape: [usize; 2],
    },
    /// The operation is not defined for two operands.
    #[error("{operation} of shapes {left:?} and {right:?} is not defined: {remedy}")]
    Shapes {
        /// The operation's name.
        operation: &'static str,
        /// The shape of the first operand.
        left: Vec<usize>,
        /// The shape of the second operand.
        right: Vec<usize>,
        /// What must agree.
        remedy: &'static str,
    },
}

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
    /// When the number of values is not that of the shape, or 0.
    pub fn new(values: Vec<f32>, shape: [usize; 2]) -> Result<Self, NaiveError> {
        let [rows, columns] = shape;
        if values.is_empty() || rows.checked_mul(columns) != Some(values.len()) {
            return Err(NaiveError::Values { given: values.len(), shape });
        }
        Ok(Self { values, rows, columns })
    }

    /// Returns `[rows, columns]`.
    pub fn shape(&self) -> [usize; 2] {
        [self.rows, self.columns]
    }

    /// Returns the values, row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Converts the matrix to its values, row by row.
    pub fn into_values(self) -> Vec<f32> {
        self.values
    }

    /// Returns the values of a row, `[columns]`.
    ///
    /// # Panics
    /// When the matrix has no such row.
    pub fn row(&self, row: usize) -> Vec<f32> {
        (0..self.columns).map(|column| self[[row, column]]).collect()
    }

    /// Returns the values of a column, `[rows]`.
    ///
    /// # Panics
    /// When the matrix has no such column.
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
/// When the matrix has no such value.
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

/// Returns `max(x, 0)`, element by element.
pub fn relu(x: &Matrix) -> Matrix {
    // The operand is not modified.
    let mut x = x.clone();
    for i in 0..x.rows {
        for j in 0..x.columns {
            let value = x[[i, j]];
            x[[i, j]] = if value < 0.0 { 0.0 } else { value };
        }
    }
    x
}

/// Returns `x + y`, element by element.
///
/// # Errors
/// When the shapes differ.
pub fn add(x: &Matrix, y: &Matrix) -> Result<Matrix, NaiveError> {
    check("addition", &x.shape(), &y.shape(), x.shape() == y.shape(), "they must be equal")?;
    let mut x = x.clone();
    for i in 0..x.rows {
        for j in 0..x.columns {
            x[[i, j]] += y[[i, j]];
        }
    }
    Ok(x)
}

/// Returns `x + y` with `y`, `[columns]`, broadcast to every row of `x`. Each row reads the same `y`: nothing is copied.
///
/// # Errors
/// When the length of `y` is not the number of columns.
pub fn add_matrix_and_vector(x: &Matrix, y: &[f32]) -> Result<Matrix, NaiveError> {
    let remedy = "the vector must have a value for each column";
    check("addition", &x.shape(), &[y.len()], x.columns == y.len(), remedy)?;
    let mut x = x.clone();
    for i in 0..x.rows {
        for (j, value) in y.iter().enumerate() {
            x[[i, j]] += value;
        }
    }
    Ok(x)
}

/// Returns the dot product of two vectors, a number; 0 for empty vectors.
///
/// # Errors
/// When the lengths differ.
pub fn vector_dot(x: &[f32], y: &[f32]) -> Result<f32, NaiveError> {
    check("the dot product", &[x.len()], &[y.len()], x.len() == y.len(), "their lengths must be equal")?;
    let mut z = 0.0;
    for i in 0..x.len() {
        z += x[i] * y[i];
    }
    Ok(z)
}

/// Returns the dot product of each row of a matrix with a vector, `[rows]`.
///
/// # Errors
/// When the vector's length is not the number of columns.
pub fn matrix_vector_dot(x: &Matrix, y: &[f32]) -> Result<Vec<f32>, NaiveError> {
    let remedy = "the vector must have a value for each column";
    check("the dot product", &x.shape(), &[y.len()], x.columns == y.len(), remedy)?;
    let mut z = vec![0.0; x.rows];
    for (i, z) in z.iter_mut().enumerate() {
        for (j, value) in y.iter().enumerate() {
            *z += x[[i, j]] * value;
        }
    }
    Ok(z)
}

/// Returns the dot product of each row of `x` with each column of `y`, `[rows of x, columns of y]`.
///
/// # Errors
/// When the number of columns of `x` is not the number of rows of `y`.
pub fn matrix_dot(x: &Matrix, y: &Matrix) -> Result<Matrix, NaiveError> {
    let remedy = "the first must have as many columns as the second has rows";
    check("the dot product", &x.shape(), &y.shape(), x.columns == y.rows, remedy)?;
    let mut z = Matrix::zeros([x.rows, y.columns]);
    for i in 0..x.rows {
        for j in 0..y.columns {
            for k in 0..x.columns {
                z[[i, j]] += x[[i, k]] * y[[k, j]];
            }
        }
    }
    Ok(z)
}

/// Returns the transpose of `x`, `[columns, rows]`.
pub fn transpose(x: &Matrix) -> Matrix {
    let mut z = Matrix::zeros([x.columns, x.rows]);
    for i in 0..x.rows {
        for j in 0..x.columns {
            z[[j, i]] = x[[i, j]];
        }
    }
    z
}

/// Returns the milliseconds that an operation takes: the median of five rounds after one to warm up. Short operations are timed
/// many at once, and one that takes more than 0.1 seconds is timed once.
///
/// # Errors
/// When the device does not finish.
pub fn milliseconds<T>(device: &Device, operation: impl Fn() -> T) -> anyhow::Result<f64> {
    let seconds = |times: usize| {
        let start = Instant::now();
        for _ in 0..times {
            black_box(black_box(&operation)());
        }
        device.sync()?;
        anyhow::Ok(start.elapsed().as_secs_f64() / times as f64)
    };
    let first = seconds(1)?;
    if first > 0.1 {
        return Ok(1000.0 * first);
    }
    let times = (0.01 / first).clamp(1.0, 1000.0) as usize;
    let mut rounds = [seconds(times)?, seconds(times)?, seconds(times)?, seconds(times)?, seconds(times)?];
    rounds.sort_by(f64::total_cmp);
    Ok(1000.0 * rounds[2])
}

fn check(
    operation: &'static str,
    left: &[usize],
    right: &[usize],
    defined: bool,
    remedy: &'static str,
) -> Result<(), NaiveError> {
    if defined {
        return Ok(());
    }
    Err(NaiveError::Shapes { operation, left: left.to_vec(), right: right.to_vec(), remedy })
}

#[cfg(test)]
mod tests {
    use kindling::burn::tensor::{Device, Tensor, TensorData, activation};
    use proptest::prelude::*;

    use super::*;

    fn matrix<const N: usize>(values: [f32; N], shape: [usize; 2]) -> Matrix {
        Matrix::new(values.to_vec(), shape).unwrap()
    }

    #[test]
    fn small_cases_come_out_as_on_paper() {
        let x = matrix([1.0, -2.0, 3.0, 4.0, 5.0, -6.0], [2, 3]);
        assert_eq!(relu(&x), matrix([1.0, 0.0, 3.0, 4.0, 5.0, 0.0], [2, 3]));
        assert_eq!(add(&x, &x).unwrap(), matrix([2.0, -4.0, 6.0, 8.0, 10.0, -12.0], [2, 3]));
        let moved = add_matrix_and_vector(&x, &[10.0, 20.0, 30.0]).unwrap();
        assert_eq!(moved, matrix([11.0, 18.0, 33.0, 14.0, 25.0, 24.0], [2, 3]));
        assert_eq!(vector_dot(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), Ok(32.0));
        assert_eq!(vector_dot(&[], &[]), Ok(0.0));
        assert_eq!(matrix_vector_dot(&x, &[1.0, 1.0, 2.0]), Ok(vec![5.0, -3.0]));
        let y = matrix([1.0, 0.0, 0.0, 1.0, 2.0, 2.0], [3, 2]);
        assert_eq!(matrix_dot(&x, &y).unwrap(), matrix([7.0, 4.0, -8.0, -7.0], [2, 2]));
        assert_eq!(transpose(&x), matrix([1.0, 4.0, -2.0, 5.0, 3.0, -6.0], [3, 2]));
        assert_eq!((x.row(1), x.column(1)), (vec![4.0, 5.0, -6.0], vec![-2.0, 5.0]));
        assert_eq!((Matrix::zeros([2, 3]).shape(), x[[0, 2]]), ([2, 3], 3.0));
    }

    #[test]
    fn shapes_that_do_not_go_together_are_named() {
        let x = matrix([1.0; 6], [2, 3]);
        let says = |error: NaiveError, expected: &str| {
            assert!(error.to_string().contains(expected), "{error}");
        };
        says(Matrix::new(vec![1.0; 5], [2, 3]).unwrap_err(), "5 values do not fill a matrix of shape [2, 3]");
        says(Matrix::new(vec![], [usize::MAX, 0]).unwrap_err(), "at least one");
        says(Matrix::new(vec![1.0], [usize::MAX, 2]).unwrap_err(), "1 values");
        says(add(&x, &transpose(&x)).unwrap_err(), "shapes [2, 3] and [3, 2]");
        says(add_matrix_and_vector(&x, &[1.0; 2]).unwrap_err(), "shapes [2, 3] and [2]");
        says(vector_dot(&[1.0; 3], &[1.0; 2]).unwrap_err(), "their lengths must be equal");
        says(matrix_vector_dot(&x, &[1.0; 2]).unwrap_err(), "shapes [2, 3] and [2]");
        says(matrix_dot(&x, &x).unwrap_err(), "as many columns as the second has rows");
    }

    /// Matrices `[m, k]` and `[m, k]` to add, one `[k, n]` to multiply with, and a vector `[k]`.
    fn operands() -> impl Strategy<Value = ([usize; 3], [Vec<f32>; 4])> {
        prop::array::uniform3(1_usize..12).prop_flat_map(|[m, k, n]| {
            let values = |count| prop::collection::vec(-10.0_f32..10.0, count);
            let operands = (values(m * k), values(m * k), values(k * n), values(k));
            operands.prop_map(move |(x, y, z, v)| ([m, k, n], [x, y, z, v]))
        })
    }

    proptest! {
        #[test]
        fn any_operands_give_what_burn_gives(([m, k, n], [x, y, z, v]) in operands()) {
            let device = Device::flex();
            let tensor = |values: &[f32], shape: [usize; 2]| {
                Tensor::<2>::from_data(TensorData::new(values.to_vec(), shape), &device)
            };
            let same = |own: Matrix, burn: Tensor<2>| {
                assert_eq!(own.shape(), burn.dims());
                // Sums of up to 12 products, each below 100, in one order or another.
                for (own, burn) in own.values().iter().zip(burn.into_data().iter::<f32>()) {
                    assert!((own - burn).abs() < 1e-3, "{own} {burn}");
                }
            };
            let (own_x, own_y) = (Matrix::new(x.clone(), [m, k])?, Matrix::new(y.clone(), [m, k])?);
            let (burn_x, burn_y) = (tensor(&x, [m, k]), tensor(&y, [m, k]));
            same(relu(&own_x), activation::relu(burn_x.clone()));
            same(add(&own_x, &own_y)?, burn_x.clone() + burn_y);
            same(add_matrix_and_vector(&own_x, &v)?, burn_x.clone() + tensor(&v, [1, k]));
            same(transpose(&own_x), burn_x.clone().transpose());
            same(matrix_dot(&own_x, &Matrix::new(z.clone(), [k, n])?)?, burn_x.clone().matmul(tensor(&z, [k, n])));
            let dot = Matrix::new(matrix_vector_dot(&own_x, &v)?, [m, 1])?;
            same(dot, burn_x.clone().matmul(tensor(&v, [k, 1])));
            let first_row = tensor(&x[..k], [1, k]);
            same(Matrix::new(vec![vector_dot(&x[..k], &v)?], [1, 1])?, first_row.matmul(tensor(&v, [k, 1])));
        }
    }
}
