//! Inputs and targets that belong together, cut into parts and batches.

use std::{ops::Range, sync::Arc};

use burn::tensor::TensorData;

use crate::{Array, Column, DataError, IntoShape, to_categorical};

/// Samples with their targets: what `fit` and `evaluate` take.
///
/// Parts of it ([`slice`](Self::slice), [`select`](Self::select)) are views that share its values.
#[derive(Clone, Debug)]
pub struct Samples {
    inputs: Vec<Column>,
    targets: Vec<Column>,
    rows: Rows,
}

/// Which rows of the columns a view holds.
#[derive(Clone, Debug)]
enum Rows {
    Range(Range<usize>),
    Chosen(Arc<[usize]>),
}

/// Some samples, gathered: one array for each input and target, first axis `batch`.
#[derive(Clone, Debug)]
pub struct Batch {
    /// For each input of the network.
    pub inputs: Vec<Array>,
    /// `i32` `[batch]` (classes) or `f32` `[batch, ...]` for each output of the network.
    pub targets: Vec<TensorData>,
    /// Samples in the batch.
    pub len: usize,
}

impl Samples {
    /// One input and one target for each sample: Keras' `x` and `y`.
    ///
    /// # Errors
    /// When they are not of one length.
    pub fn new(x: Column, y: Column) -> Result<Self, DataError> {
        Self::with_columns(vec![x], vec![y])
    }

    /// Several inputs and targets, in the order of the network's inputs and outputs.
    ///
    /// # Errors
    /// When there is no input, or the columns are not of one length.
    pub fn with_columns(inputs: Vec<Column>, targets: Vec<Column>) -> Result<Self, DataError> {
        let Some(first) = inputs.first() else {
            return Err(DataError::Argument {
                name: "inputs",
                value: "[]".into(),
                remedy: "give at least one column".into(),
            });
        };
        let len = first.len();
        let named = inputs.iter().map(|column| ("input", column));
        for (i, (kind, column)) in named.chain(targets.iter().map(|column| ("target", column))).enumerate() {
            if column.len() != len {
                let what = format!("the first input and column {} ({kind})", i + 1);
                return Err(DataError::LengthMismatch { what, left: len, right: column.len() });
            }
        }
        Ok(Self { inputs, targets, rows: Rows::Range(0..len) })
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        match &self.rows {
            Rows::Range(range) => range.len(),
            Rows::Chosen(rows) => rows.len(),
        }
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The inputs' columns, whole, whichever part of them this view holds.
    pub fn inputs(&self) -> &[Column] {
        &self.inputs
    }

    /// The targets' columns, whole, whichever part of them this view holds.
    pub fn targets(&self) -> &[Column] {
        &self.targets
    }

    /// Sees each sample of the first input in another shape, as NumPy's `reshape((n, ...))`.
    ///
    /// # Errors
    /// When the number of values differs.
    pub fn reshape(mut self, sample_shape: impl IntoShape) -> Result<Self, DataError> {
        self.inputs[0] = self.inputs[0].clone().reshape(sample_shape)?;
        Ok(self)
    }

    /// The first input of this view's samples, every value in it: `f32` `[samples, ...]`.
    pub fn input(&self) -> TensorData {
        self.inputs[0].gather((0..self.len()).map(|position| self.row(position))).into_dense()
    }

    /// The same samples with another first input in place of their own, made from all of its values `[samples, ...]`.
    ///
    /// # Errors
    /// When `change` fails, or gives another number of samples.
    pub fn map_input(
        &self,
        change: impl FnOnce(TensorData) -> Result<TensorData, DataError>,
    ) -> Result<Self, DataError> {
        let own = &self.inputs[0];
        let changed = Column::floats(change(own.gather(0..own.len()).into_dense())?)?;
        if changed.len() != own.len() {
            let what = "the input and what it was changed to".into();
            return Err(DataError::LengthMismatch { what, left: own.len(), right: changed.len() });
        }
        let mut samples = self.clone();
        samples.inputs[0] = changed;
        Ok(samples)
    }

    /// The same samples with one-hot vectors for targets in place of their classes, as Keras' `to_categorical`.
    ///
    /// # Errors
    /// When the targets are no classes, or one is not from 0 up to `classes`.
    pub fn to_categorical(&self, classes: usize) -> Result<Self, DataError> {
        let own = self.targets.first().filter(|column| column.sample_shape().is_empty());
        let Some(indices) = own.and_then(Column::as_integers) else {
            return Err(DataError::Argument {
                name: "the target",
                value: "something else than a class".into(),
                remedy: "one-hot vectors are made of class indices".into(),
            });
        };
        let mut samples = self.clone();
        samples.targets[0] = Column::floats(to_categorical(indices, classes)?)?;
        Ok(samples)
    }

    /// The samples from `range.start` up to `range.end`, as Python's `x[a:b]`: an end past the last is the last.
    pub fn slice(&self, range: Range<usize>) -> Self {
        let end = range.end.min(self.len());
        let start = range.start.min(end);
        let rows = match &self.rows {
            Rows::Range(all) => Rows::Range(all.start + start..all.start + end),
            Rows::Chosen(rows) => Rows::Chosen(rows[start..end].into()),
        };
        Self { rows, ..self.clone() }
    }

    /// The samples at `positions`, in that order; a position may come up more than once.
    ///
    /// # Errors
    /// When a position is not below [`len`](Self::len).
    pub fn select(&self, positions: &[usize]) -> Result<Self, DataError> {
        if let Some(position) = positions.iter().find(|position| **position >= self.len()) {
            return Err(DataError::Argument {
                name: "a position",
                value: position.to_string(),
                remedy: format!("there are {} samples", self.len()),
            });
        }
        Ok(self.chosen(positions))
    }

    /// The samples at `positions`, which are known to be there.
    pub(crate) fn chosen(&self, positions: &[usize]) -> Self {
        let rows = positions.iter().map(|position| self.row(*position)).collect();
        Self { rows: Rows::Chosen(rows), ..self.clone() }
    }

    /// An input's or target's integers, sample after sample, of this view alone; none where it holds other numbers.
    pub fn integers(&self, column: &Column) -> Option<Vec<i32>> {
        let width: usize = column.sample_shape().iter().product();
        let values = column.as_integers()?;
        let of_sample = |position| &values[self.row(position) * width..(self.row(position) + 1) * width];
        Some((0..self.len()).flat_map(of_sample).copied().collect())
    }

    /// The first target's class of each sample, `[samples]`, when it holds classes.
    pub fn classes(&self) -> Option<Vec<i32>> {
        self.integers(self.targets.first().filter(|column| column.sample_shape().is_empty())?)
    }

    /// An input's or target's values of the samples at `positions`.
    ///
    /// # Panics
    /// When a position is not below [`len`](Self::len).
    pub fn gather(&self, column: &Column, positions: &[usize]) -> Array {
        column.gather(positions.iter().map(|position| self.row(*position)))
    }

    /// Gathers the samples at `positions` into one batch.
    ///
    /// # Panics
    /// When a position is not below [`len`](Self::len).
    pub fn batch(&self, positions: &[usize]) -> Batch {
        let gather = |column: &Column| self.gather(column, positions);
        Batch {
            inputs: self.inputs.iter().map(gather).collect(),
            targets: self.targets.iter().map(gather).map(Array::into_dense).collect(),
            len: positions.len(),
        }
    }

    /// Where in the columns the sample at `position` stands.
    pub(crate) fn row(&self, position: usize) -> usize {
        match &self.rows {
            Rows::Range(range) => {
                assert!(position < range.len(), "position {position} of {} samples", range.len());
                range.start + position
            }
            Rows::Chosen(rows) => rows[position],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counting(len: usize) -> Samples {
        let values: Vec<f32> = (0..len * 2).map(|i| i as f32).collect();
        let x = Column::floats(TensorData::new(values, [len, 2])).unwrap();
        let y = Column::classes(TensorData::new((0..len as i32).collect::<Vec<_>>(), [len])).unwrap();
        Samples::new(x, y).unwrap()
    }

    proptest! {
        #[test]
        fn views_of_views_are_the_values_an_index_list_gives(
            picks in prop::collection::vec(0_usize..50, 1..40), start in 0_usize..50, end in 0_usize..60,
        ) {
            let samples = counting(50).select(&picks).unwrap().slice(start..end);
            let expected: Vec<i32> =
                picks.iter().take(end).skip(start).map(|position| *position as i32).collect();
            prop_assert_eq!(samples.classes().unwrap(), expected.clone());
            let batch = samples.batch(&(0..samples.len()).collect::<Vec<_>>());
            prop_assert_eq!(batch.targets[0].as_slice::<i32>().unwrap(), &expected[..]);
            let x: Vec<f32> = expected.iter().flat_map(|row| [*row as f32 * 2.0, *row as f32 * 2.0 + 1.0]).collect();
            let input = batch.inputs[0].clone().into_dense();
            prop_assert_eq!(input.as_slice::<f32>().unwrap(), &x[..]);
        }
    }

    #[test]
    fn a_view_keeps_its_rows_when_its_columns_are_changed() {
        let view = counting(4).select(&[3, 1]).unwrap();
        let one_hot = view.to_categorical(4).unwrap().batch(&[0, 1]).targets.swap_remove(0);
        assert_eq!(one_hot, TensorData::from([[0.0_f32, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0]]));
        assert!(view.to_categorical(3).unwrap_err().to_string().contains("sample 3"));
        assert!(view.to_categorical(4).unwrap().to_categorical(4).is_err());

        let negative = |input: TensorData| {
            let values: Vec<f32> = input.iter::<f32>().map(|value| -value).collect();
            Ok(TensorData::new(values, input.shape().clone()))
        };
        let changed = view.map_input(negative).unwrap();
        assert_eq!(changed.input(), TensorData::from([[-6.0_f32, -7.0], [-2.0, -3.0]]));
        let fewer = |_| Ok(TensorData::from([[0.0_f32, 0.0]]));
        assert!(view.map_input(fewer).unwrap_err().to_string().contains("4 and 1 samples"));
    }

    #[test]
    fn columns_of_different_lengths_are_refused() {
        let x = Column::floats(TensorData::new(vec![0.0_f32; 3], [3])).unwrap();
        let y = Column::classes(TensorData::new(vec![0_i32; 2], [2])).unwrap();
        let message = Samples::new(x, y).unwrap_err().to_string();
        assert!(message.contains('3') && message.contains('2'), "{message}");
        assert!(counting(4).select(&[4]).is_err());
    }
}
