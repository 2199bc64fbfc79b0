//! Columns: one input or target of every sample.

use std::ops::Range;

use burn::tensor::TensorData;

use super::{array::Array, kind::Kind, rows::Rows, values::Values};
use crate::{IntoShape, error::DataError};

/// One input or target of every sample: a scalar, vector, image, or sequence per sample, shape `[samples, ...]`.
///
/// The constructor determines the meaning of the values, see [`Kind`]. Values are stored compactly and converted when a
/// batch is gathered. Pixels are stored as bytes, and in sparse form if most are 0, so the training images of MNIST take
/// 27 MB instead of 188 MB. A column is a view: clones, [slices](Self::slice), and [selections](Self::select) share the
/// values.
///
/// ```
/// use burn::tensor::TensorData;
/// use kindling_data::{Column, Kind};
///
/// let heights = Column::floats(vec![[1.0_f32, 2.0], [3.0, 4.0], [5.0, 6.0]])?;
/// assert_eq!((heights.len(), heights.sample_shape(), heights.kind()), (3, &[2][..], Kind::Floats));
///
/// let last_first = heights.select(&[2, 0])?;
/// assert_eq!(last_first.data(), TensorData::from([[5.0_f32, 6.0], [1.0, 2.0]]));
///
/// let images = Column::pixels((vec![0_u8; 2 * 28 * 28], [2, 28, 28]))?;
/// assert_eq!(images.reshape(28 * 28)?.sample_shape(), [784]);
/// # Ok::<(), kindling_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Column {
    pub(super) kind: Kind,
    pub(super) values: Values,
    pub(super) sample_shape: Vec<usize>,
    pub(super) rows: Rows,
}

impl Column {
    /// Returns the column with another sample shape, for example images `[28, 28]` as vectors `[784]`. No values are
    /// copied.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the number of values differs, or the kind does not allow the shape.
    pub fn reshape(self, sample_shape: impl IntoShape) -> Result<Self, DataError> {
        let sample_shape = sample_shape.into_shape();
        let have: usize = self.sample_shape.iter().product();
        let want = sample_shape.iter().try_fold(1_usize, |product, length| product.checked_mul(*length));
        if want != Some(have) {
            let remedy = format!(
                "samples of shape {:?} have {have} values: give a shape with as many",
                self.sample_shape
            );
            return Err(DataError::argument("the new shape", format!("{sample_shape:?}"), remedy));
        }
        if self.kind.sample_rank().is_some_and(|rank| rank != sample_shape.len()) {
            let remedy = format!("samples of {:?} have the shape {:?}", self.kind, self.sample_shape);
            return Err(DataError::argument("the new shape", format!("{sample_shape:?}"), remedy));
        }
        Ok(Self { sample_shape, ..self })
    }

    /// Returns the number of samples.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns `true` if there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the meaning of the values.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the shape of one sample, without the samples axis: `[28, 28]`, or `[]` for a class.
    pub fn sample_shape(&self) -> &[usize] {
        &self.sample_shape
    }

    /// Returns all values, shape `[samples, ...]`: pixels as `u8` from 0 to 255, multi-hot vectors as dense `f32`, and other
    /// values as `f32` or `i32`.
    pub fn data(&self) -> TensorData {
        self.values.copy(self.rows.iter(), &self.sample_shape)
    }

    /// Returns the values of all samples, flattened, if they are classes, ids, or labels.
    pub fn integers(&self) -> Option<Vec<i32>> {
        self.values.integers(self.rows.iter(), self.width())
    }

    /// Returns the values of the samples at `positions`, in that order, in the form of a batch: pixels as `f32` from 0 to
    /// 1, multi-hot vectors sparse. Shape `[positions, ...]`.
    ///
    /// # Panics
    /// Panics if a position is not below [`len`](Self::len), as indexing a slice does.
    pub fn gather(&self, positions: &[usize]) -> Array {
        self.values.gather(positions.iter().map(|position| self.rows.row(*position)), &self.sample_shape)
    }

    /// Returns all values in the form of a batch, dense, shape `[samples, ...]`.
    pub(crate) fn gather_all(&self) -> TensorData {
        self.values.gather(self.rows.iter(), &self.sample_shape).into_dense()
    }

    /// Returns the samples in `range`. Like Python's `x[a:b]`, a range that exceeds the length is truncated.
    pub fn slice(&self, range: Range<usize>) -> Self {
        self.with_rows(self.rows.slice(&range))
    }

    /// Returns the samples at `positions`, in that order; a position may occur more than once.
    ///
    /// # Errors
    /// [`DataError::Argument`] if a position is not below [`len`](Self::len).
    pub fn select(&self, positions: &[usize]) -> Result<Self, DataError> {
        check_positions(positions, self.len())?;
        Ok(self.with_rows(self.rows.select(positions)))
    }

    pub(crate) fn rows(&self) -> &Rows {
        &self.rows
    }

    /// Returns a view of the given rows of the same values.
    pub(crate) fn with_rows(&self, rows: Rows) -> Self {
        Self { rows, ..self.clone() }
    }

    /// Calls `each` with the index and value of each nonzero value of a sample, as in a batch, in ascending order of the
    /// indices.
    pub(crate) fn for_each_nonzero(&self, position: usize, each: impl FnMut(usize, f64)) {
        self.values.for_each_nonzero(self.rows.row(position), self.width(), each);
    }

    fn width(&self) -> usize {
        self.sample_shape.iter().product()
    }
}

/// Checks that all positions are below `len`.
pub(crate) fn check_positions(positions: &[usize], len: usize) -> Result<(), DataError> {
    match positions.iter().find(|position| **position >= len) {
        None => Ok(()),
        Some(position) => {
            Err(DataError::argument("a position", position, format!("there are {len} samples")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_divided_by_255_as_numpy_does() {
        let column = Column::pixels((0..=255).collect::<Vec<u8>>()).unwrap();
        let batch = column.gather_all().try_into_vec::<f32>().unwrap();
        assert!(batch.iter().enumerate().all(|(byte, value)| *value == byte as f32 / 255.0));
        assert_eq!(column.data(), TensorData::new((0..=255).collect::<Vec<u8>>(), [256]));
    }

    #[test]
    fn a_batch_keeps_the_order_of_the_positions() {
        let column = Column::floats(vec![[0.0_f64, 1.0], [2.0, 3.0], [4.0, 5.0]]).unwrap();
        let batch = column.gather(&[2, 0, 2]).into_dense();
        assert_eq!(batch, TensorData::new(vec![4.0_f32, 5.0, 0.0, 1.0, 4.0, 5.0], [3, 2]));
    }

    #[test]
    fn views_have_their_own_rows_only() {
        let column = Column::ids(vec![[0, 1], [2, 3], [4, 5], [6, 7]]).unwrap();
        let view = column.select(&[3, 1, 0]).unwrap().slice(0..2);
        assert_eq!((view.len(), view.integers()), (2, Some(vec![6, 7, 2, 3])));
        assert_eq!(view.data(), TensorData::from([[6, 7], [2, 3]]));
        assert_eq!(view.gather(&[1]).into_dense(), TensorData::from([[2, 3]]));
        let mut nonzeros = Vec::new();
        view.for_each_nonzero(0, |column, value| nonzeros.push((column, value)));
        assert_eq!(nonzeros, [(0, 6.0), (1, 7.0)]);
        assert!(view.select(&[2]).unwrap_err().to_string().contains("a position is 2: there are 2 samples"));
    }
}
