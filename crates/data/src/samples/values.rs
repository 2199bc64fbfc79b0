//! The stored values of a column.

use std::sync::Arc;

use burn::tensor::TensorData;

use super::array::{Array, MultiHot};

/// Values of samples, row after row, in the type that they were given in. Clones share them.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    /// Brightness from 0 to 255; a batch holds `value / 255` as `f32`.
    Pixels(Arc<Vec<u8>>),
    Floats(Arc<Vec<f32>>),
    Integers(Arc<Vec<i32>>),
    /// The columns of the ones: those of row `i` are `columns[offsets[i]..offsets[i + 1]]`, ascending.
    MultiHot {
        columns: Arc<Vec<u32>>,
        offsets: Arc<Vec<usize>>,
    },
    /// Floats of which most are 0: the others, with their columns, in the same form.
    Sparse {
        columns: Arc<Vec<u32>>,
        values: Arc<Vec<f32>>,
        offsets: Arc<Vec<usize>>,
    },
}

/// `byte / 255` in `f32`, rounded as NumPy's division is (a product with 1/255 would not be).
static BRIGHTNESS: [f32; 256] = {
    let mut table = [0.0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = byte as f32 / 255.0;
        byte += 1;
    }
    table
};

impl Values {
    /// Returns `rows` as a batch holds them.
    pub(crate) fn gather(&self, rows: impl ExactSizeIterator<Item = usize>, sample_shape: &[usize]) -> Array {
        let width = sample_shape.iter().product();
        let shape = with_samples_axis(rows.len(), sample_shape);
        Array::Dense(match self {
            Self::Pixels(pixels) => {
                TensorData::new(copy_rows(pixels, width, rows, |&byte| BRIGHTNESS[usize::from(byte)]), shape)
            }
            Self::Floats(floats) => TensorData::new(copy_rows(floats, width, rows, |&value| value), shape),
            Self::Integers(integers) => {
                TensorData::new(copy_rows(integers, width, rows, |&value| value), shape)
            }
            Self::MultiHot { columns, offsets } => {
                let samples = rows.map(|row| &columns[offsets[row]..offsets[row + 1]]);
                return Array::MultiHot(MultiHot::new(samples, width));
            }
            Self::Sparse { columns, values, offsets } => {
                let mut dense = vec![0.0; rows.len() * width];
                for (position, row) in rows.enumerate() {
                    for place in offsets[row]..offsets[row + 1] {
                        dense[position * width + columns[place] as usize] = values[place];
                    }
                }
                TensorData::new(dense, shape)
            }
        })
    }

    /// Returns `rows` in the type that they are stored in, multi-hot vectors as dense `f32`.
    pub(crate) fn copy(
        &self,
        rows: impl ExactSizeIterator<Item = usize>,
        sample_shape: &[usize],
    ) -> TensorData {
        match self {
            Self::Pixels(pixels) => {
                let shape = with_samples_axis(rows.len(), sample_shape);
                TensorData::new(copy_rows(pixels, sample_shape.iter().product(), rows, |&byte| byte), shape)
            }
            _ => self.gather(rows, sample_shape).into_dense(),
        }
    }

    /// Returns the integers of `rows`, `width` per row; `None` for other values.
    pub(crate) fn integers(
        &self,
        rows: impl ExactSizeIterator<Item = usize>,
        width: usize,
    ) -> Option<Vec<i32>> {
        match self {
            Self::Integers(integers) => Some(copy_rows(integers, width, rows, |&value| value)),
            _ => None,
        }
    }

    /// Calls `each` with the columns and values of a row that are not 0, as a batch holds them, in ascending order of columns.
    pub(crate) fn for_each_nonzero(&self, row: usize, width: usize, mut each: impl FnMut(usize, f64)) {
        let range = row * width..(row + 1) * width;
        let mut values = |column: usize, value: f64| {
            if value != 0.0 {
                each(column, value);
            }
        };
        match self {
            Self::Pixels(pixels) => {
                let bytes = pixels[range].iter().enumerate();
                bytes.for_each(|(column, byte)| values(column, f64::from(BRIGHTNESS[usize::from(*byte)])));
            }
            Self::Floats(floats) => {
                floats[range]
                    .iter()
                    .enumerate()
                    .for_each(|(column, value)| values(column, f64::from(*value)));
            }
            Self::Integers(integers) => {
                let integers = integers[range].iter().enumerate();
                integers.for_each(|(column, value)| values(column, f64::from(*value)));
            }
            Self::MultiHot { columns, offsets } => {
                let ones = &columns[offsets[row]..offsets[row + 1]];
                ones.iter().for_each(|column| values(*column as usize, 1.0));
            }
            Self::Sparse { columns, values: stored, offsets } => {
                let places = offsets[row]..offsets[row + 1];
                places.for_each(|place| values(columns[place] as usize, f64::from(stored[place])));
            }
        }
    }
}

fn with_samples_axis(samples: usize, sample_shape: &[usize]) -> Vec<usize> {
    std::iter::once(samples).chain(sample_shape.iter().copied()).collect()
}

fn copy_rows<T, U>(
    values: &[T],
    width: usize,
    rows: impl ExactSizeIterator<Item = usize>,
    convert: impl Fn(&T) -> U,
) -> Vec<U> {
    let mut copied = Vec::with_capacity(rows.len() * width);
    for row in rows {
        copied.extend(values[row * width..(row + 1) * width].iter().map(&convert));
    }
    copied
}
