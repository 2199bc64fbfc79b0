//! One quantity of every sample: an input of the network, or a target.

use std::sync::Arc;

use burn::tensor::{DType, TensorData};

use crate::{DataError, IntoShape};

/// One value, vector or image for each sample, kept in the type it was read in.
///
/// Bytes stay bytes until a batch is made, so that MNIST takes 47 MB and not 188. Clones share their values.
#[derive(Clone, Debug)]
pub struct Column {
    values: Values,
    sample_shape: Vec<usize>,
    len: usize,
}

#[derive(Clone, Debug)]
enum Values {
    /// Brightness 0 to 255; a batch holds it as `f32` from 0 to 1.
    Pixels(Arc<Vec<u8>>),
    Floats(Arc<Vec<f32>>),
    /// Class indices or 0/1 labels.
    Classes(Arc<Vec<i32>>),
}

impl Column {
    /// Images of `u8` brightness, shape `[samples, ...]`; batches give `value / 255` as `f32`.
    ///
    /// # Errors
    /// When the data is not `u8`, or has no samples axis.
    pub fn pixels(data: TensorData) -> Result<Self, DataError> {
        let (len, sample_shape) = split_shape(&data)?;
        let values = Values::Pixels(Arc::new(into_vec(data)?));
        Ok(Self { values, sample_shape, len })
    }

    /// Real numbers, shape `[samples, ...]`, any float type; batches give `f32`.
    ///
    /// # Errors
    /// When the data is not of floats, or has no samples axis.
    pub fn floats(data: TensorData) -> Result<Self, DataError> {
        let (len, sample_shape) = split_shape(&data)?;
        if !matches!(data.dtype(), DType::F32 | DType::F64) {
            return Err(wrong_type(&data, "give f32 or f64 values"));
        }
        let values = Values::Floats(Arc::new(into_vec(data.convert::<f32>())?));
        Ok(Self { values, sample_shape, len })
    }

    /// Class indices or 0/1 labels, shape `[samples]`, any integer type; batches give `i32`.
    ///
    /// # Errors
    /// When the data is not of integers, or not one value a sample.
    pub fn classes(data: TensorData) -> Result<Self, DataError> {
        let (len, sample_shape) = split_shape(&data)?;
        if !sample_shape.is_empty() {
            return Err(DataError::Argument {
                name: "the classes' shape",
                value: format!("{:?}", data.shape().as_slice()),
                remedy: "give one class index a sample, shape [samples]".into(),
            });
        }
        if data.dtype().is_float() {
            return Err(wrong_type(&data, "give integer class indices"));
        }
        let values = Values::Classes(Arc::new(into_vec(data.convert::<i32>())?));
        Ok(Self { values, sample_shape, len })
    }

    /// The same values seen in another shape: images `[28, 28]` as vectors `[784]`. Nothing is copied.
    ///
    /// # Errors
    /// When a sample of the new shape would not have the same number of values.
    pub fn reshape(self, sample_shape: impl IntoShape) -> Result<Self, DataError> {
        let sample_shape = sample_shape.into_shape();
        let (have, want) =
            (self.sample_shape.iter().product::<usize>(), sample_shape.iter().product::<usize>());
        if have != want {
            return Err(DataError::Argument {
                name: "the new shape",
                value: format!("{sample_shape:?}"),
                remedy: format!("samples are {:?}, {have} values; {want} do not fit", self.sample_shape),
            });
        }
        Ok(Self { sample_shape, ..self })
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The shape of one sample, without the samples axis: `[28, 28]`, or `[]` for a class.
    pub fn sample_shape(&self) -> &[usize] {
        &self.sample_shape
    }

    /// Whether the values are class indices.
    pub fn is_classes(&self) -> bool {
        matches!(self.values, Values::Classes(_))
    }

    /// The class indices, `[samples]`, when that is what the column holds.
    pub fn as_classes(&self) -> Option<&[i32]> {
        match &self.values {
            Values::Classes(classes) => Some(classes),
            _ => None,
        }
    }

    /// The samples at `rows`, as `f32` (pixels, floats) or `i32` (classes), shape `[rows, ...]`.
    pub(crate) fn gather(&self, rows: impl ExactSizeIterator<Item = usize>) -> TensorData {
        let width: usize = self.sample_shape.iter().product();
        let shape: Vec<usize> =
            std::iter::once(rows.len()).chain(self.sample_shape.iter().copied()).collect();
        match &self.values {
            Values::Pixels(pixels) => {
                TensorData::new(gather_rows(pixels, width, rows, |&byte| BRIGHTNESS[byte as usize]), shape)
            }
            Values::Floats(floats) => {
                TensorData::new(gather_rows(floats, width, rows, |&value| value), shape)
            }
            Values::Classes(classes) => {
                TensorData::new(gather_rows(classes, width, rows, |&class| class), shape)
            }
        }
    }
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

fn gather_rows<T, U>(
    values: &[T],
    width: usize,
    rows: impl ExactSizeIterator<Item = usize>,
    convert: impl Fn(&T) -> U,
) -> Vec<U> {
    let mut gathered = Vec::with_capacity(rows.len() * width);
    for row in rows {
        gathered.extend(values[row * width..(row + 1) * width].iter().map(&convert));
    }
    gathered
}

/// Parts a shape into the number of samples and the shape of one.
fn split_shape(data: &TensorData) -> Result<(usize, Vec<usize>), DataError> {
    match data.shape().as_slice() {
        [len, sample_shape @ ..] => Ok((*len, sample_shape.to_vec())),
        [] => Err(DataError::Argument {
            name: "the data's shape",
            value: "[]".into(),
            remedy: "a scalar holds no samples; give an array whose first axis is the samples".into(),
        }),
    }
}

fn into_vec<T: burn::tensor::Element>(data: TensorData) -> Result<Vec<T>, DataError> {
    let dtype = data.dtype();
    data.try_into_vec().map_err(|_| DataError::Argument {
        name: "the data's type",
        value: format!("{dtype:?}"),
        remedy: format!("give {:?} values", T::dtype()),
    })
}

fn wrong_type(data: &TensorData, remedy: &str) -> DataError {
    DataError::Argument {
        name: "the data's type",
        value: format!("{:?}", data.dtype()),
        remedy: remedy.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_divided_by_255_as_numpy_does() {
        let column = Column::pixels(TensorData::new((0..=255).collect::<Vec<u8>>(), [256])).unwrap();
        let batch = column.gather(0..256).try_into_vec::<f32>().unwrap();
        assert!(batch.iter().enumerate().all(|(byte, value)| *value == byte as f32 / 255.0));
    }

    #[test]
    fn a_batch_keeps_the_order_asked_for() {
        let data = TensorData::new(vec![0.0_f64, 1.0, 2.0, 3.0, 4.0, 5.0], [3, 2]);
        let batch = Column::floats(data).unwrap().gather([2, 0, 2].into_iter());
        assert_eq!(batch, TensorData::new(vec![4.0_f32, 5.0, 0.0, 1.0, 4.0, 5.0], [3, 2]));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let images = Column::pixels(TensorData::new(vec![0_u8; 8], [2, 2, 2])).unwrap();
        assert_eq!(images.clone().reshape([4]).unwrap().sample_shape(), [4]);
        assert!(images.reshape([3]).unwrap_err().to_string().contains("[3]"));
        assert!(Column::pixels(TensorData::new(vec![0.5_f32], [1])).is_err());
        assert!(Column::classes(TensorData::new(vec![0.5_f32], [1])).is_err());
        assert!(Column::classes(TensorData::new(vec![1_i64, 2], [1, 2])).is_err());
    }
}
