//! Constructors of [`Column`].

use std::sync::Arc;

use burn::tensor::{DType, Element, TensorData};

use super::{
    column::Column,
    into_data::IntoData,
    kind::Kind,
    rows::Rows,
    sparse::{Compact, Distinct, Stored},
    values::Values,
};
use crate::error::DataError;

impl Column {
    /// Creates a column of the given kind from `data`, as the constructor of the same name does. For [`Kind::MultiHot`],
    /// `data` contains dense vectors of zeros and ones.
    ///
    /// # Errors
    /// The errors of that constructor; [`DataError::Argument`] if a value of a multi-hot vector is neither 0 nor 1.
    pub fn new(kind: Kind, data: impl IntoData) -> Result<Self, DataError> {
        match kind {
            Kind::Floats => Self::floats(data),
            Kind::Pixels => Self::pixels(data),
            Kind::Classes => Self::classes(data),
            Kind::Ids => Self::ids(data),
            Kind::Labels => Self::labels(data),
            Kind::MultiHot => Self::dense_multi_hot(&data.into_data()?),
        }
    }

    /// Creates a column of real numbers, shape `[samples, ...]`, from `f32` or `f64` values. Batches contain `f32`.
    ///
    /// Columns of 64 to 65,536 values per sample, of which at most 30% are nonzero, are stored and gathered in sparse form.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the values are not floats, have no samples axis, or their rows differ in shape.
    pub fn floats(data: impl IntoData) -> Result<Self, DataError> {
        let data = data.into_data()?;
        if !matches!(data.dtype(), DType::F32 | DType::F64) {
            return Err(wrong_type(data.dtype(), "give f32 or f64 values"));
        }
        Self::dense(Kind::Floats, data.convert::<f32>(), |data| {
            let width = width(&data);
            let floats: Vec<f32> = into_vec(data)?;
            // Compares bits, because -0.0 must be preserved.
            let stored = Stored::of(&floats, width, |value| value.to_bits() == 0, Compact::Floats);
            Ok(stored
                .map_or_else(|| Values::Floats(Arc::new(floats)), |stored| Values::Sparse(Arc::new(stored))))
        })
    }

    /// Creates a column of images, shape `[samples, ...]`, from `u8` pixel values. Batches contain `value / 255` as `f32`.
    ///
    /// Columns of 64 to 65,536 pixels per sample, of which at most 30% are nonzero, are stored and gathered in sparse form.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the values are not `u8`, have no samples axis, or their rows differ in shape.
    pub fn pixels(data: impl IntoData) -> Result<Self, DataError> {
        Self::dense(Kind::Pixels, data.into_data()?, |data| {
            let width = width(&data);
            let bytes: Vec<u8> = into_vec(data)?;
            let stored = Stored::of(&bytes, width, |byte| byte == 0, Compact::Bytes);
            Ok(stored
                .map_or_else(|| Values::Pixels(Arc::new(bytes)), |stored| Values::Sparse(Arc::new(stored))))
        })
    }

    /// Creates a column of class indices or binary labels, shape `[samples]`, from any integer type. Batches contain `i32`.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the values are not integers in the range of `i32`, or not one per sample.
    pub fn classes(data: impl IntoData) -> Result<Self, DataError> {
        Self::integral(Kind::Classes, data.into_data()?)
    }

    /// Creates a column of word ids for an embedding, shape `[samples, steps]`, from any integer type. Batches contain
    /// `i32`.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the values are not integers in the range of `i32`, or do not have two axes.
    pub fn ids(data: impl IntoData) -> Result<Self, DataError> {
        Self::integral(Kind::Ids, data.into_data()?)
    }

    /// Creates a column of label sequences, shape `[samples, max_labels]`, from any integer type: one class index per step,
    /// or, for CTC, labels from 1 padded with 0 at the end. Batches contain `i32`.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the values are not integers in the range of `i32`, or do not have two axes.
    pub fn labels(data: impl IntoData) -> Result<Self, DataError> {
        Self::integral(Kind::Labels, data.into_data()?)
    }

    /// Creates a column of sparse multi-hot vectors, shape `[samples, dimension]`, from one list of ids per sample. Only
    /// the column indices of the ones are stored.
    ///
    /// ```
    /// use kindling_data::Column;
    ///
    /// let texts = Column::multi_hot([&[3_u32, 1, 3][..], &[]], 4)?;
    /// assert_eq!(texts.data(), [[0.0_f32, 1.0, 0.0, 1.0], [0.0; 4]].into());
    /// # Ok::<(), kindling_data::DataError>(())
    /// ```
    ///
    /// # Errors
    /// [`DataError::Argument`], which names the sample, if an id is not below `dimension`; also if `dimension` is above
    /// 2^31.
    pub fn multi_hot(
        texts: impl IntoIterator<Item = impl AsRef<[u32]>>,
        dimension: usize,
    ) -> Result<Self, DataError> {
        if dimension > 1 << 31 {
            return Err(DataError::argument("the dimension", dimension, "give at most 2^31"));
        }
        let mut distinct = Distinct::new(dimension);
        let rows = texts.into_iter().enumerate().map(|(sample, text)| {
            distinct.of(text.as_ref()).map_err(|id| {
                let remedy = format!("give ids below the dimension, {dimension}");
                DataError::argument("an id", format!("{id} (sample {sample})"), remedy)
            })
        });
        let stored = Stored::new(rows, Compact::Ones, dimension)?;
        Ok(Self::sparse(Kind::MultiHot, stored, dimension))
    }

    /// Creates a column of sparse real numbers, shape `[samples, width]`. `rows` yields the column indices of each sample's
    /// nonzero values, in ascending order; `values` contains the values of all samples, in the same order.
    pub(crate) fn sparse_floats(
        rows: impl IntoIterator<Item = impl AsRef<[u32]>>,
        values: Vec<f32>,
        width: usize,
    ) -> Result<Self, DataError> {
        let stored = Stored::new(rows.into_iter().map(Ok), Compact::Floats(values), width)?;
        Ok(Self::sparse(Kind::Floats, stored, width))
    }

    fn sparse(kind: Kind, stored: Stored, width: usize) -> Self {
        let rows = Rows::all(stored.len());
        Self { kind, values: Values::Sparse(Arc::new(stored)), sample_shape: vec![width], rows }
    }

    fn dense_multi_hot(data: &TensorData) -> Result<Self, DataError> {
        let (samples, sample_shape) = split_shape(data)?;
        check_rank(Kind::MultiHot, sample_shape, data.dtype())?;
        let width = sample_shape[0];
        let mut texts = vec![Vec::new(); samples];
        for (place, value) in data.iter::<f64>().enumerate() {
            let (row, column) = (place / width, place % width);
            match value {
                0.0 => {}
                1.0 => texts[row].push(column as u32),
                _ => {
                    let value = format!("{value} (row {row}, column {column})");
                    return Err(DataError::argument("a value of a multi-hot vector", value, "give 0 or 1"));
                }
            }
        }
        Self::multi_hot(texts, width)
    }

    fn integral(kind: Kind, data: TensorData) -> Result<Self, DataError> {
        if !(data.dtype().is_int() || data.dtype().is_uint()) {
            return Err(wrong_type(data.dtype(), "give integers"));
        }
        Self::dense(kind, data, |data| Ok(Values::of_integers(narrow(data)?)))
    }

    fn dense(
        kind: Kind,
        data: TensorData,
        store: impl FnOnce(TensorData) -> Result<Values, DataError>,
    ) -> Result<Self, DataError> {
        let (len, sample_shape) = split_shape(&data)?;
        let sample_shape = sample_shape.to_vec();
        check_rank(kind, &sample_shape, data.dtype())?;
        Ok(Self { kind, values: store(data)?, sample_shape, rows: Rows::all(len) })
    }
}

/// Returns the number of values per sample.
fn width(data: &TensorData) -> usize {
    data.shape().as_slice().iter().skip(1).product()
}

/// Splits a shape into the number of samples and the sample shape.
fn split_shape(data: &TensorData) -> Result<(usize, &[usize]), DataError> {
    match data.shape().as_slice() {
        [len, sample_shape @ ..] => Ok((*len, sample_shape)),
        [] => {
            let remedy = "give an array whose first axis is the samples";
            Err(DataError::argument("the data's shape", "[]", remedy))
        }
    }
}

fn check_rank(kind: Kind, sample_shape: &[usize], dtype: DType) -> Result<(), DataError> {
    if kind.sample_rank().is_none_or(|rank| rank == sample_shape.len()) {
        return Ok(());
    }
    let axes = match kind {
        Kind::Classes => "[samples], one class index per sample",
        Kind::Ids => "[samples, steps]",
        Kind::MultiHot => "[samples, dimension]",
        Kind::Labels | Kind::Floats | Kind::Pixels => "[samples, max_labels]",
    };
    let found = format!("{dtype:?} with samples of shape {sample_shape:?}");
    Err(DataError::argument("the data", found, format!("{kind:?} have the shape {axes}")))
}

/// Converts integers of any type to `i32`.
fn narrow(data: TensorData) -> Result<Vec<i32>, DataError> {
    if data.dtype() == DType::I32 {
        return into_vec(data);
    }
    let width = data.shape().as_slice()[1..].iter().product::<usize>().max(1);
    let too_wide = |place: usize, value: String| {
        DataError::argument(
            "an integer",
            format!("{value} (row {})", place / width),
            "integers must fit into 32 bits",
        )
    };
    if data.dtype() == DType::U64 {
        let narrow =
            |(place, wide): (usize, u64)| i32::try_from(wide).map_err(|_| too_wide(place, wide.to_string()));
        return data.iter::<u64>().enumerate().map(narrow).collect();
    }
    let narrow =
        |(place, wide): (usize, i64)| i32::try_from(wide).map_err(|_| too_wide(place, wide.to_string()));
    data.iter::<i64>().enumerate().map(narrow).collect()
}

fn into_vec<T: Element>(data: TensorData) -> Result<Vec<T>, DataError> {
    let dtype = data.dtype();
    data.try_into_vec().map_err(|_| wrong_type(dtype, &format!("give {:?} values", T::dtype())))
}

fn wrong_type(found: DType, remedy: &str) -> DataError {
    DataError::argument("the data's type", format!("{found:?}"), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_types_and_shapes_are_rejected() {
        let message = |column: Result<Column, DataError>| column.unwrap_err().to_string();
        let images = Column::pixels(vec![[[0_u8; 2]; 2]; 2]).unwrap();
        assert_eq!(images.clone().reshape(4).unwrap().sample_shape(), [4]);
        assert_eq!(
            message(images.reshape([3])),
            "the new shape is [3]: samples of shape [2, 2] have 4 values: give a shape with as many"
        );
        assert_eq!(message(Column::pixels(vec![0.5_f32])), "the data's type is F32: give U8 values");
        assert_eq!(message(Column::classes(vec![0.5_f32])), "the data's type is F32: give integers");
        assert_eq!(
            message(Column::classes(vec![[1_i64, 2]])),
            "the data is I64 with samples of shape [2]: Classes have the shape [samples], one class index per sample"
        );
        assert!(message(Column::classes(vec![1_i32]).unwrap().reshape(1)).contains("samples of Classes"));
        assert!(message(Column::floats(1.0_f32)).contains("first axis is the samples"));
    }

    #[test]
    fn errors_of_integers_beyond_32_bits_name_the_row() {
        let message = |column: Result<Column, DataError>| column.unwrap_err().to_string();
        let expected = "an integer is 4294967296 (row 1): integers must fit into 32 bits";
        assert_eq!(message(Column::ids(vec![[0_i64, 0], [0, 1 << 32]])), expected);
        let expected = "an integer is 18446744073709551615 (row 0): integers must fit into 32 bits";
        assert_eq!(message(Column::classes(vec![u64::MAX])), expected);
        let expected = "an integer is 4294967295 (row 0): integers must fit into 32 bits";
        assert_eq!(message(Column::classes(vec![u32::MAX])), expected);
        assert_eq!(Column::classes(vec![5_usize, 7]).unwrap().integers(), Some(vec![5, 7]));
    }

    #[test]
    fn dense_and_sparse_multi_hot_vectors_are_equal() {
        let dense = Column::new(Kind::MultiHot, vec![[0, 1, 1], [1, 0, 0]]).unwrap();
        assert_eq!((dense.kind(), dense.len()), (Kind::MultiHot, 2));
        assert_eq!(
            dense.gather(&[1, 0]),
            Column::multi_hot([vec![0], vec![2, 1]], 3).unwrap().gather(&[0, 1])
        );
        let error = Column::new(Kind::MultiHot, vec![[0.0_f32, 0.5]]).unwrap_err().to_string();
        assert_eq!(error, "a value of a multi-hot vector is 0.5 (row 0, column 1): give 0 or 1");
        let error = Column::multi_hot([&[1_u32, 50][..]], 50).unwrap_err().to_string();
        assert_eq!(error, "an id is 50 (sample 0): give ids below the dimension, 50");
    }
}
