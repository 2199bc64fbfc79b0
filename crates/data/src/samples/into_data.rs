//! Conversion of vectors, arrays, and slices to tensor data.

use burn::tensor::{Element, TensorData};

use crate::{IntoShape, error::DataError};

/// Conversion to [`TensorData`]; accepted by the constructors of [`Column`](crate::Column).
///
/// | type | shape |
/// | --- | --- |
/// | [`TensorData`] | its own |
/// | `f32`, `i64`, `u8`, ... | `[]` |
/// | `Vec<T>`, `[T; N]`, `&[T]`, `&Vec<T>` | `[length]` |
/// | `Vec<[T; N]>`, `Vec<Vec<T>>`, `[[T; N]; M]`, and deeper nesting | `[length, ...]` |
/// | `(Vec<T>, shape)` | `shape` |
///
/// `T` is a float or integer type. `usize` is stored as `u64`, and `isize` as `i64`.
pub trait IntoData {
    /// Converts the values to one array.
    ///
    /// # Errors
    /// [`DataError::Argument`] if rows differ in length, or the number of values does not match the shape.
    fn into_data(self) -> Result<TensorData, DataError>;
}

/// A numeric type that a column can store. This trait is sealed; it is implemented for the primitive numeric types.
pub trait Scalar: Copy + private::Sealed {
    /// The element type of the array.
    type Stored: Element;

    /// Converts the number to the element type.
    fn store(self) -> Self::Stored;
}

/// A number, or an array of rows with the same shape.
pub trait Row {
    /// The type of the numbers.
    type Scalar: Scalar;

    /// Returns the shape, determined by the first row at each level.
    fn shape(&self) -> Vec<usize>;

    /// Returns the shape of an empty row, as far as the type determines it.
    fn empty_shape() -> Vec<usize>;

    /// Appends the numbers to `values`, and checks that all nested rows have the expected shape.
    ///
    /// # Errors
    /// [`Ragged`] if a nested row has another shape.
    fn append(
        &self,
        shape: &[usize],
        values: &mut Vec<<Self::Scalar as Scalar>::Stored>,
    ) -> Result<(), Ragged>;
}

/// A row whose shape differs from that of the first row.
#[derive(Debug)]
pub struct Ragged {
    /// The row's indices, innermost first.
    places: Vec<usize>,
    found: Vec<usize>,
    expected: Vec<usize>,
}

impl From<Ragged> for DataError {
    fn from(Ragged { places, found, expected }: Ragged) -> Self {
        let places: Vec<_> = places.iter().rev().map(usize::to_string).collect();
        Self::argument(
            "the shape of a row",
            format!("{found:?} (row {})", places.join(", ")),
            format!("the first row has {expected:?}: give rows of the same length"),
        )
    }
}

mod private {
    pub trait Sealed {}
}

macro_rules! scalars {
    ($($type:ty => $stored:ty),*) => {$(
        impl private::Sealed for $type {}

        impl Scalar for $type {
            type Stored = $stored;

            fn store(self) -> $stored {
                self as $stored
            }
        }

        impl Row for $type {
            type Scalar = Self;

            fn shape(&self) -> Vec<usize> {
                Vec::new()
            }

            fn empty_shape() -> Vec<usize> {
                Vec::new()
            }

            fn append(&self, _: &[usize], values: &mut Vec<$stored>) -> Result<(), Ragged> {
                values.push(self.store());
                Ok(())
            }
        }

        impl IntoData for $type {
            fn into_data(self) -> Result<TensorData, DataError> {
                Ok(TensorData::new(vec![self.store()], [0_usize; 0]))
            }
        }
    )*};
}

scalars!(
    f32 => f32, f64 => f64,
    u8 => u8, u16 => u16, u32 => u32, u64 => u64, usize => u64,
    i8 => i8, i16 => i16, i32 => i32, i64 => i64, isize => i64
);

/// Returns the shape of an array of rows.
fn shape_of<R: Row>(rows: &[R]) -> Vec<usize> {
    let row = rows.first().map_or_else(R::empty_shape, Row::shape);
    std::iter::once(rows.len()).chain(row).collect()
}

fn append_all<R: Row>(
    rows: &[R],
    shape: &[usize],
    values: &mut Vec<<R::Scalar as Scalar>::Stored>,
) -> Result<(), Ragged> {
    for (place, row) in rows.iter().enumerate() {
        let found = row.shape();
        if found != shape {
            return Err(Ragged { places: vec![place], found, expected: shape.to_vec() });
        }
        row.append(shape, values).map_err(|mut ragged| {
            ragged.places.push(place);
            ragged
        })?;
    }
    Ok(())
}

fn from_rows<R: Row>(rows: &[R]) -> Result<TensorData, DataError> {
    let shape = shape_of(rows);
    let mut values = Vec::with_capacity(shape.iter().product());
    append_all(rows, &shape[1..], &mut values)?;
    Ok(TensorData::new(values, shape))
}

impl<R: Row, const N: usize> Row for [R; N] {
    type Scalar = R::Scalar;

    fn shape(&self) -> Vec<usize> {
        shape_of(self)
    }

    fn empty_shape() -> Vec<usize> {
        std::iter::once(N).chain(R::empty_shape()).collect()
    }

    fn append(&self, shape: &[usize], values: &mut Vec<<R::Scalar as Scalar>::Stored>) -> Result<(), Ragged> {
        append_all(self, &shape[1..], values)
    }
}

impl<R: Row> Row for Vec<R> {
    type Scalar = R::Scalar;

    fn shape(&self) -> Vec<usize> {
        shape_of(self)
    }

    fn empty_shape() -> Vec<usize> {
        std::iter::once(0).chain(R::empty_shape()).collect()
    }

    fn append(&self, shape: &[usize], values: &mut Vec<<R::Scalar as Scalar>::Stored>) -> Result<(), Ragged> {
        append_all(self, &shape[1..], values)
    }
}

impl IntoData for TensorData {
    fn into_data(self) -> Result<TensorData, DataError> {
        Ok(self)
    }
}

impl<R: Row> IntoData for Vec<R> {
    fn into_data(self) -> Result<TensorData, DataError> {
        from_rows(&self)
    }
}

impl<R: Row> IntoData for &Vec<R> {
    fn into_data(self) -> Result<TensorData, DataError> {
        from_rows(self)
    }
}

impl<R: Row> IntoData for &[R] {
    fn into_data(self) -> Result<TensorData, DataError> {
        from_rows(self)
    }
}

impl<R: Row, const N: usize> IntoData for [R; N] {
    fn into_data(self) -> Result<TensorData, DataError> {
        from_rows(&self)
    }
}

impl<T: Scalar, S: IntoShape> IntoData for (Vec<T>, S) {
    fn into_data(self) -> Result<TensorData, DataError> {
        let (values, shape) = (self.0, self.1.into_shape());
        let needed = shape.iter().try_fold(1_usize, |product, length| product.checked_mul(*length));
        if needed != Some(values.len()) {
            let needed = needed.map_or("more than fit in memory".into(), |needed| needed.to_string());
            return Err(DataError::argument(
                "the number of values",
                values.len(),
                format!("the shape {shape:?} needs {needed}"),
            ));
        }
        Ok(TensorData::new(values.into_iter().map(Scalar::store).collect(), shape))
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::DType;

    use super::*;

    fn message(data: impl IntoData) -> String {
        data.into_data().unwrap_err().to_string()
    }

    #[test]
    fn nested_rows_keep_their_shape_and_type() {
        let matrix = TensorData::from([[1.0_f32, 2.0], [3.0, 4.0], [5.0, 6.0]]);
        let rows = [[1.0_f32, 2.0], [3.0, 4.0], [5.0, 6.0]];
        assert_eq!(rows.to_vec().into_data().unwrap(), matrix);
        assert_eq!(rows.into_data().unwrap(), matrix);
        assert_eq!(rows[..].into_data().unwrap(), matrix);
        assert_eq!(rows.map(Vec::from).to_vec().into_data().unwrap(), matrix);
        assert_eq!((rows.concat(), [3, 2]).into_data().unwrap(), matrix);
        assert_eq!(
            (&rows.concat()).into_data().unwrap(),
            TensorData::from([1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0])
        );
        assert_eq!(vec![[[1_u8, 2], [3, 4]]].into_data().unwrap(), TensorData::from([[[1_u8, 2], [3, 4]]]));
        let positions = vec![7_usize, 8].into_data().unwrap();
        assert_eq!(
            (positions.dtype(), positions.iter::<u64>().collect::<Vec<_>>()),
            (DType::U64, vec![7, 8])
        );
        assert!(1.5_f64.into_data().unwrap().shape().is_empty());
    }

    #[test]
    fn empty_arrays_have_the_shape_of_their_type() {
        let shape = |data: TensorData| data.shape().to_vec();
        assert_eq!(shape(Vec::<f32>::new().into_data().unwrap()), [0]);
        assert_eq!(shape(Vec::<[f32; 3]>::new().into_data().unwrap()), [0, 3]);
        assert_eq!(shape(Vec::<Vec<f32>>::new().into_data().unwrap()), [0, 0]);
        assert_eq!(shape((Vec::<i32>::new(), [0, 5]).into_data().unwrap()), [0, 5]);
    }

    #[test]
    fn errors_name_the_row_and_the_shape() {
        let ragged = vec![vec![1.0_f32, 2.0], vec![3.0, 4.0], vec![5.0]];
        let expected =
            "the shape of a row is [1] (row 2): the first row has [2]: give rows of the same length";
        assert_eq!(message(ragged), expected);
        let inner = vec![vec![vec![1], vec![2]], vec![vec![3], vec![4, 5]]];
        let expected =
            "the shape of a row is [2] (row 1, 1): the first row has [1]: give rows of the same length";
        assert_eq!(message(inner), expected);
        assert_eq!(message((vec![0_u8; 5], [2, 3])), "the number of values is 5: the shape [2, 3] needs 6");
        assert!(message((vec![0_u8; 5], [usize::MAX, 3])).ends_with("needs more than fit in memory"));
    }
}
