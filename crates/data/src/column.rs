//! One quantity of every sample: an input of the network, or a target.

use std::sync::Arc;

use burn::tensor::{DType, TensorData};

use crate::{Array, DataError, IntoShape, MultiHot};

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
    /// Class indices, or the words of padded texts.
    Integers(Arc<Vec<i32>>),
    /// The places of the ones of multi-hot vectors: those of sample `i` are `places[offsets[i]..offsets[i + 1]]`.
    MultiHot {
        places: Arc<Vec<u32>>,
        offsets: Arc<Vec<usize>>,
    },
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
        Self::integers(data, 1, "give integer class indices, one a sample: shape [samples]")
    }

    /// Padded texts for an embedding: the words' ids, shape `[samples, steps]`, any integer type; batches give `i32`.
    ///
    /// # Errors
    /// When the data is not of integers, or not of two axes.
    pub fn ids(data: TensorData) -> Result<Self, DataError> {
        Self::integers(data, 2, "give integer ids of shape [samples, steps]")
    }

    fn integers(data: TensorData, rank: usize, remedy: &str) -> Result<Self, DataError> {
        let (len, sample_shape) = split_shape(&data)?;
        if data.rank() != rank || data.dtype().is_float() {
            let value = format!("{:?} {:?}", data.dtype(), data.shape().as_slice());
            return Err(DataError::Argument { name: "the data", value, remedy: remedy.into() });
        }
        let narrow = |wide: i64| i32::try_from(wide).map_err(|_| argument_too_wide(wide));
        let values = data.iter::<i64>().map(narrow).collect::<Result<Vec<i32>, _>>()?;
        Ok(Self { values: Values::Integers(Arc::new(values)), sample_shape, len })
    }

    /// Multi-hot vectors `[samples, dimension]`, held as the places of their ones: a text as the words that are in
    /// it, however often each. The vectors themselves are never made.
    ///
    /// # Errors
    /// When a token is not below `dimension`.
    pub fn multi_hot<'a>(
        texts: impl IntoIterator<Item = &'a [u32]>,
        dimension: usize,
    ) -> Result<Self, DataError> {
        let (mut places, mut offsets) = (Vec::new(), vec![0]);
        let mut tokens = Vec::new();
        for (sample, text) in texts.into_iter().enumerate() {
            tokens.clear();
            tokens.extend_from_slice(text);
            tokens.sort_unstable();
            tokens.dedup();
            if let Some(token) = tokens.last().filter(|token| **token as usize >= dimension) {
                return Err(DataError::Argument {
                    name: "a token",
                    value: token.to_string(),
                    remedy: format!("sample {sample}: tokens are 0 up to but not including {dimension}"),
                });
            }
            places.extend_from_slice(&tokens);
            offsets.push(places.len());
        }
        places.shrink_to_fit();
        let len = offsets.len() - 1;
        let values = Values::MultiHot { places: Arc::new(places), offsets: Arc::new(offsets) };
        Ok(Self { values, sample_shape: vec![dimension], len })
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

    /// Whether the column holds multi-hot vectors as the places of their ones.
    pub fn is_multi_hot(&self) -> bool {
        matches!(self.values, Values::MultiHot { .. })
    }

    /// The integers, sample after sample, when that is what the column holds: classes, or ids.
    pub fn as_integers(&self) -> Option<&[i32]> {
        match &self.values {
            Values::Integers(integers) => Some(integers),
            _ => None,
        }
    }

    /// The places and values of the sample at `row` that are not 0, as a batch gives them, places ascending.
    pub(crate) fn nonzeros(&self, row: usize) -> Box<dyn Iterator<Item = (usize, f64)> + '_> {
        let width: usize = self.sample_shape.iter().product();
        let range = row * width..(row + 1) * width;
        let nonzero = |(_, value): &(usize, f64)| *value != 0.0;
        match &self.values {
            Values::Pixels(pixels) => {
                let values = pixels[range].iter().map(|byte| f64::from(BRIGHTNESS[usize::from(*byte)]));
                Box::new(values.enumerate().filter(nonzero))
            }
            Values::Floats(floats) => {
                Box::new(floats[range].iter().map(|value| f64::from(*value)).enumerate().filter(nonzero))
            }
            Values::Integers(integers) => Box::new(
                integers[range].iter().map(|integer| f64::from(*integer)).enumerate().filter(nonzero),
            ),
            Values::MultiHot { places, offsets } => {
                Box::new(places[offsets[row]..offsets[row + 1]].iter().map(|place| (*place as usize, 1.0)))
            }
        }
    }

    /// The samples at `rows`, in that order.
    pub(crate) fn gather(&self, rows: impl ExactSizeIterator<Item = usize>) -> Array {
        let width: usize = self.sample_shape.iter().product();
        let shape: Vec<usize> =
            std::iter::once(rows.len()).chain(self.sample_shape.iter().copied()).collect();
        Array::Dense(match &self.values {
            Values::Pixels(pixels) => {
                TensorData::new(gather_rows(pixels, width, rows, |&byte| BRIGHTNESS[byte as usize]), shape)
            }
            Values::Floats(floats) => {
                TensorData::new(gather_rows(floats, width, rows, |&value| value), shape)
            }
            Values::Integers(integers) => {
                TensorData::new(gather_rows(integers, width, rows, |&integer| integer), shape)
            }
            Values::MultiHot { places, offsets } => {
                let texts = rows.map(|row| &places[offsets[row]..offsets[row + 1]]);
                return Array::MultiHot(MultiHot::new(texts, width));
            }
        })
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

fn argument_too_wide(value: i64) -> DataError {
    let remedy = "integers must fit into 32 bits".into();
    DataError::Argument { name: "an integer", value: value.to_string(), remedy }
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
        let batch = column.gather(0..256).into_dense().try_into_vec::<f32>().unwrap();
        assert!(batch.iter().enumerate().all(|(byte, value)| *value == byte as f32 / 255.0));
    }

    #[test]
    fn a_batch_keeps_the_order_asked_for() {
        let data = TensorData::new(vec![0.0_f64, 1.0, 2.0, 3.0, 4.0, 5.0], [3, 2]);
        let batch = Column::floats(data).unwrap().gather([2, 0, 2].into_iter()).into_dense();
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
