//! Storage of a column's values.

use std::sync::Arc;

use burn::tensor::TensorData;

use super::{
    array::Array,
    sparse::{Compact, Stored},
};

/// Values of samples, row by row, in a compact type. Clones share the values.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    /// Pixel values from 0 to 255; `value / 255` as `f32` in batches.
    Pixels(Arc<Vec<u8>>),
    Floats(Arc<Vec<f32>>),
    Integers(Arc<Vec<i32>>),
    /// Integers from 0 to 65535, such as word ids and classes, in half the memory; `i32` in batches.
    SmallIntegers(Arc<Vec<u16>>),
    /// Pixels, floats, or ones in sparse form.
    Sparse(Arc<Stored>),
}

/// `byte / 255` in `f32`, with the same rounding as NumPy's division (multiplication by 1/255 rounds differently).
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
    /// Stores integers in the smallest type that holds all of them.
    pub(crate) fn of_integers(integers: Vec<i32>) -> Self {
        match integers.iter().all(|value| (0..=i32::from(u16::MAX)).contains(value)) {
            true => Self::SmallIntegers(Arc::new(integers.iter().map(|&value| value as u16).collect())),
            false => Self::Integers(Arc::new(integers)),
        }
    }

    /// Returns `rows` in the form of a batch.
    pub(crate) fn gather(
        &self,
        rows: impl ExactSizeIterator<Item = usize> + Clone,
        sample_shape: &[usize],
    ) -> Array {
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
            Self::SmallIntegers(integers) => {
                TensorData::new(copy_rows(integers, width, rows, |&value| i32::from(value)), shape)
            }
            Self::Sparse(stored) => return Array::Sparse(stored.gather(rows, sample_shape, &BRIGHTNESS)),
        })
    }

    /// Returns `rows` in dense form: pixels as `u8` from 0 to 255, other values as in a batch.
    pub(crate) fn copy(
        &self,
        rows: impl ExactSizeIterator<Item = usize> + Clone,
        sample_shape: &[usize],
    ) -> TensorData {
        match self {
            Self::Pixels(pixels) => {
                let shape = with_samples_axis(rows.len(), sample_shape);
                TensorData::new(copy_rows(pixels, sample_shape.iter().product(), rows, |&byte| byte), shape)
            }
            Self::Sparse(stored) if let Compact::Bytes(bytes) = stored.values() => {
                let width: usize = sample_shape.iter().product();
                let mut dense = vec![0_u8; rows.len() * width];
                let shape = with_samples_axis(rows.len(), sample_shape);
                for (sample, row) in dense.chunks_mut(width.max(1)).zip(rows) {
                    stored.for_each(row, |column, place| sample[column] = bytes[place]);
                }
                TensorData::new(dense, shape)
            }
            _ => self.gather(rows, sample_shape).into_dense(),
        }
    }

    /// Returns the integers of `rows`, `width` per row; `None` if the values are not integers.
    pub(crate) fn integers(
        &self,
        rows: impl ExactSizeIterator<Item = usize>,
        width: usize,
    ) -> Option<Vec<i32>> {
        match self {
            Self::Integers(integers) => Some(copy_rows(integers, width, rows, |&value| value)),
            Self::SmallIntegers(integers) => {
                Some(copy_rows(integers, width, rows, |&value| i32::from(value)))
            }
            _ => None,
        }
    }

    /// Calls `each` with the column and value of each nonzero value of a row, as in a batch, in ascending order of columns.
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
            Self::SmallIntegers(integers) => {
                let integers = integers[range].iter().enumerate();
                integers.for_each(|(column, value)| values(column, f64::from(*value)));
            }
            Self::Sparse(stored) => stored.for_each(row, |column, place| {
                let value = match stored.values() {
                    Compact::Ones => 1.0,
                    Compact::Bytes(bytes) => f64::from(BRIGHTNESS[usize::from(bytes[place])]),
                    Compact::Floats(floats) => f64::from(floats[place]),
                };
                values(column, value);
            }),
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
