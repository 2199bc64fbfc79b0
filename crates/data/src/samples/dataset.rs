//! Conversions from and to Burn's `Dataset`.

use std::error::Error;

use burn::{
    data::dataset::{Dataset, DatasetError},
    tensor::{DType, TensorData},
};

use super::{column::Column, into_data::IntoData, kind::Kind, samples::Samples};
use crate::error::DataError;

/// One sample, without the batch axis: the item type of [`Samples`] as a Burn [`Dataset`].
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The inputs in the form of a batch, dense.
    pub inputs: Vec<TensorData>,
    /// The targets in the form of a batch.
    pub targets: Vec<TensorData>,
}

/// Makes samples usable with Burn's `DataLoaderBuilder` and `Learner`.
impl Dataset<Sample> for Samples {
    fn get(&self, index: usize) -> Result<Sample, DatasetError> {
        let one = |column: &Column| {
            let data = column.gather(&[index]).into_dense();
            let dtype = data.dtype();
            TensorData::from_bytes(data.into_bytes(), column.sample_shape().to_vec(), dtype)
        };
        Ok(Sample {
            inputs: self.inputs().iter().map(one).collect(),
            targets: self.targets().iter().map(one).collect(),
        })
    }

    fn len(&self) -> usize {
        Samples::len(self)
    }
}

impl Samples {
    /// Creates samples with one input and one target from the items of a Burn [`Dataset`]. `row` converts an item to its
    /// input and target.
    ///
    /// The [`Kind`] is inferred from the type of the values. For inputs, floats become [`Kind::Floats`], `u8` becomes
    /// [`Kind::Pixels`], and other integers become [`Kind::Ids`]. For targets, floats become [`Kind::Floats`], a single
    /// integer becomes [`Kind::Classes`], and several integers become [`Kind::Labels`]. Use
    /// [`from_dataset_as`](Self::from_dataset_as) for other kinds.
    ///
    /// ```
    /// use burn::data::dataset::InMemDataset;
    /// use kindling_data::Samples;
    ///
    /// let houses = InMemDataset::new(vec![([3.0_f32, 120.0], 250_000.0_f32), ([2.0, 80.0], 190_000.0)]);
    /// let samples = Samples::from_dataset(&houses, |(features, price)| (features, price))?;
    /// assert_eq!((samples.len(), samples.inputs()[0].sample_shape()), (2, &[2][..]));
    /// # Ok::<(), kindling_data::DataError>(())
    /// ```
    ///
    /// # Errors
    /// [`DataError::Dataset`] if an item cannot be read. [`DataError::Argument`] if there are no items, if they differ in
    /// type or shape, or if the values are invalid for their kind.
    pub fn from_dataset<I, E, X, Y>(
        dataset: &(impl Dataset<I, E> + ?Sized),
        row: impl FnMut(I) -> (X, Y),
    ) -> Result<Self, DataError>
    where
        E: Error + Send + Sync + 'static,
        X: IntoData,
        Y: IntoData,
    {
        let kinds = |x: &TensorData, y: &TensorData| {
            let input = match x.dtype() {
                dtype if dtype.is_float() => Kind::Floats,
                DType::U8 => Kind::Pixels,
                _ => Kind::Ids,
            };
            let target = match y.rank() {
                _ if y.dtype().is_float() => Kind::Floats,
                1 => Kind::Classes,
                _ => Kind::Labels,
            };
            (input, target)
        };
        read(dataset, kinds, row)
    }

    /// Creates samples like [`from_dataset`](Self::from_dataset), with the given kinds of the input and the target.
    ///
    /// # Errors
    /// The errors of [`from_dataset`](Self::from_dataset).
    pub fn from_dataset_as<I, E, X, Y>(
        dataset: &(impl Dataset<I, E> + ?Sized),
        input: Kind,
        target: Kind,
        row: impl FnMut(I) -> (X, Y),
    ) -> Result<Self, DataError>
    where
        E: Error + Send + Sync + 'static,
        X: IntoData,
        Y: IntoData,
    {
        read(dataset, |_, _| (input, target), row)
    }
}

/// Reads all items into two columns. `kinds` returns the kinds of the inputs and the targets, both `[items, ...]`.
fn read<I, E, X, Y>(
    dataset: &(impl Dataset<I, E> + ?Sized),
    kinds: impl FnOnce(&TensorData, &TensorData) -> (Kind, Kind),
    mut row: impl FnMut(I) -> (X, Y),
) -> Result<Samples, DataError>
where
    E: Error + Send + Sync + 'static,
    X: IntoData,
    Y: IntoData,
{
    let (mut inputs, mut targets) = (Stack::default(), Stack::default());
    for index in 0..dataset.len() {
        let item = dataset.get(index).map_err(|error| DataError::Dataset { index, source: error.into() })?;
        let (x, y) = row(item);
        inputs.push(x.into_data()?)?;
        targets.push(y.into_data()?)?;
    }
    let (x, y) = (inputs.finish()?, targets.finish()?);
    let (input, target) = kinds(&x, &y);
    Samples::new(Column::new(input, x)?, Column::new(target, y)?)
}

/// A stack of arrays with the same type and shape.
#[derive(Default)]
struct Stack {
    bytes: Vec<u8>,
    /// Type and shape of each array.
    form: Option<(DType, Vec<usize>)>,
    len: usize,
}

impl Stack {
    fn push(&mut self, data: TensorData) -> Result<(), DataError> {
        let found = (data.dtype(), data.shape().to_vec());
        let expected = self.form.get_or_insert_with(|| found.clone());
        if *expected != found {
            return Err(DataError::argument(
                "the type and shape of a row",
                format!("{found:?} (item {})", self.len),
                format!("item 0 has {expected:?}: return rows of one type and shape"),
            ));
        }
        self.bytes.extend_from_slice(data.as_bytes());
        self.len += 1;
        Ok(())
    }

    fn finish(self) -> Result<TensorData, DataError> {
        let Some((dtype, shape)) = self.form else {
            return Err(DataError::argument(
                "the number of items",
                0,
                "give a dataset with at least one item",
            ));
        };
        let shape: Vec<usize> = std::iter::once(self.len).chain(shape).collect();
        TensorData::try_from_bytes_vec(self.bytes, shape, dtype)
            .map_err(|error| DataError::argument("a row", error, "return rows of plain numbers"))
    }
}
