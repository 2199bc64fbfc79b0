//! The type [`Samples`].

use std::ops::Range;

use burn::tensor::TensorData;

use super::{
    array::Array,
    batch::Batch,
    column::{Column, check_positions},
    kind::Kind,
    one_hot::to_categorical,
    rows::Rows,
};
use crate::{IntoShape, error::DataError};

/// Samples with their targets and, optionally, sample weights: the argument of `fit`, `evaluate`, and `predict`.
///
/// The results of [`slice`](Self::slice), [`select`](Self::select), and [`split`](Self::split) are views that share the
/// values.
///
/// ```
/// use kindling_data::{Column, Samples};
///
/// let x = Column::floats(vec![[0.0_f32, 1.0], [2.0, 3.0], [4.0, 5.0]])?;
/// let y = Column::classes(vec![0, 1, 0])?;
/// let samples = Samples::new(x, y)?.with_sample_weight(vec![1.0_f32, 0.5, 1.0])?;
///
/// let last = samples.slice(1..3);
/// assert_eq!((last.len(), last.classes()), (2, Some(vec![1, 0])));
/// assert_eq!(last.input(), [[2.0_f32, 3.0], [4.0, 5.0]].into());
/// assert_eq!(last.batch(&[1]).len, 1);
/// # Ok::<(), kindling_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Samples {
    /// At least one; all columns have the same length.
    inputs: Vec<Column>,
    targets: Vec<Column>,
    /// Empty, or one entry per target.
    pub(super) weights: Vec<Option<Column>>,
}

impl Samples {
    /// Creates samples with one input and one target: Keras' `x` and `y`.
    ///
    /// # Errors
    /// [`DataError::LengthMismatch`] if the columns differ in length.
    pub fn new(x: Column, y: Column) -> Result<Self, DataError> {
        Self::with_columns(vec![x], vec![y])
    }

    /// Creates samples without targets, for prediction.
    pub fn inputs_only(x: Column) -> Self {
        Self { inputs: vec![x], targets: Vec::new(), weights: Vec::new() }
    }

    /// Creates samples with several inputs and targets, in the order of the network's inputs and outputs. `targets` may be
    /// empty for prediction.
    ///
    /// # Errors
    /// [`DataError::Argument`] if there are no inputs; [`DataError::LengthMismatch`] if the columns differ in length.
    pub fn with_columns(inputs: Vec<Column>, targets: Vec<Column>) -> Result<Self, DataError> {
        let Some(first) = inputs.first() else {
            return Err(DataError::argument("the list of inputs", "empty", "give at least one column"));
        };
        let named = inputs.iter().enumerate().map(|(place, column)| ("input", place, column));
        let named = named.chain(targets.iter().enumerate().map(|(place, column)| ("target", place, column)));
        for (role, place, column) in named {
            if column.len() != first.len() {
                let what = format!("input 0 and {role} {place}");
                return Err(DataError::LengthMismatch { what, left: first.len(), right: column.len() });
            }
        }
        Ok(Self { inputs, targets, weights: Vec::new() })
    }

    /// Returns the number of samples.
    pub fn len(&self) -> usize {
        self.inputs[0].len()
    }

    /// Returns `true` if there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the input columns of these samples.
    pub fn inputs(&self) -> &[Column] {
        &self.inputs
    }

    /// Returns the target columns of these samples; empty for samples without targets.
    pub fn targets(&self) -> &[Column] {
        &self.targets
    }

    /// Returns the first input in the form of a batch, dense, shape `[samples, ...]`.
    pub fn input(&self) -> TensorData {
        self.inputs[0].gather_all()
    }

    /// Returns the class index of each sample, `[samples]`, if the first target is of [`Kind::Classes`].
    pub fn classes(&self) -> Option<Vec<i32>> {
        self.targets.first().filter(|column| column.kind() == Kind::Classes)?.integers()
    }

    /// Returns the samples with the first input in another shape, like NumPy's `reshape((n, ...))`. No values are copied.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the number of values differs, or the input's kind does not allow the shape.
    pub fn reshape(mut self, sample_shape: impl IntoShape) -> Result<Self, DataError> {
        self.inputs[0] = self.inputs[0].clone().reshape(sample_shape)?;
        Ok(self)
    }

    /// Returns the samples with their first [`input`](Self::input) replaced by the result of `change`.
    ///
    /// # Errors
    /// The error of `change`; [`DataError::LengthMismatch`] if it changes the number of samples; [`DataError::Argument`] if
    /// it does not return floats.
    pub fn map_input(
        &self,
        change: impl FnOnce(TensorData) -> Result<TensorData, DataError>,
    ) -> Result<Self, DataError> {
        let changed = Column::floats(change(self.input())?)?;
        if changed.len() != self.len() {
            let what = "the input before and after the change".into();
            return Err(DataError::LengthMismatch { what, left: self.len(), right: changed.len() });
        }
        let mut samples = self.clone();
        samples.inputs[0] = changed;
        Ok(samples)
    }

    /// Returns the samples with the classes of the first target as one-hot vectors, like Keras' `to_categorical`.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the first target is not of [`Kind::Classes`], or a class is not in `0..classes`.
    pub fn to_categorical(&self, classes: usize) -> Result<Self, DataError> {
        let Some(indices) = self.classes() else {
            let found =
                self.targets.first().map_or("missing".into(), |target| format!("{:?}", target.kind()));
            return Err(DataError::argument("the target", found, "give a target of Column::classes"));
        };
        let mut samples = self.clone();
        samples.targets[0] = Column::floats(to_categorical(&indices, classes)?)?;
        Ok(samples)
    }

    /// Returns the samples in `range`. Like Python's `x[a:b]`, a range that exceeds the length is truncated.
    pub fn slice(&self, range: Range<usize>) -> Self {
        self.view(|rows| rows.slice(&range))
    }

    /// Returns the samples at `positions`, in that order; a position may occur more than once.
    ///
    /// # Errors
    /// [`DataError::Argument`] if a position is not below [`len`](Self::len).
    pub fn select(&self, positions: &[usize]) -> Result<Self, DataError> {
        check_positions(positions, self.len())?;
        Ok(self.view(|rows| rows.select(positions)))
    }

    /// Returns a view with the rows that `choose` returns for the rows of each column. Columns with the same rows share the
    /// result.
    pub(super) fn view(&self, choose: impl Fn(&Rows) -> Rows) -> Self {
        let mut known: Vec<(Rows, Rows)> = Vec::new();
        let mut view = |column: &Column| {
            let rows = match known.iter().find(|(own, _)| own.is_same(column.rows())) {
                Some((_, rows)) => rows.clone(),
                None => {
                    let rows = choose(column.rows());
                    known.push((column.rows().clone(), rows.clone()));
                    rows
                }
            };
            column.with_rows(rows)
        };
        Self {
            inputs: self.inputs.iter().map(&mut view).collect(),
            targets: self.targets.iter().map(&mut view).collect(),
            weights: self.weights.iter().map(|column| column.as_ref().map(&mut view)).collect(),
        }
    }

    /// Gathers the samples at `positions` into one batch.
    ///
    /// # Panics
    /// Panics if a position is not below [`len`](Self::len), as indexing a slice does.
    pub fn batch(&self, positions: &[usize]) -> Batch<Array> {
        let dense = |column: &Column| Array::Dense(column.gather(positions).into_dense());
        Batch {
            inputs: self.inputs.iter().map(|column| column.gather(positions)).collect(),
            targets: self.targets.iter().map(dense).collect(),
            weights: self.weights.iter().map(|column| column.as_ref().map(dense)).collect(),
            len: positions.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counting(len: usize) -> Samples {
        let values: Vec<f32> = (0..len * 2).map(|i| i as f32).collect();
        let x = Column::floats((values, [len, 2])).unwrap();
        Samples::new(x, Column::classes((0..len).collect::<Vec<_>>()).unwrap()).unwrap()
    }

    proptest! {
        #[test]
        fn nested_views_equal_indexing_by_position(
            picks in prop::collection::vec(0_usize..50, 1..40), start in 0_usize..50, end in 0_usize..60,
        ) {
            let samples = counting(50).select(&picks).unwrap().slice(start..end);
            let expected: Vec<i32> =
                picks.iter().take(end).skip(start).map(|position| *position as i32).collect();
            prop_assert_eq!(samples.classes().unwrap(), expected.clone());
            let batch = samples.batch(&(0..samples.len()).collect::<Vec<_>>());
            let classes = batch.targets[0].clone().into_dense();
            prop_assert_eq!(classes.as_slice::<i32>().unwrap(), &expected[..]);
            let x: Vec<f32> = expected.iter().flat_map(|row| [*row as f32 * 2.0, *row as f32 * 2.0 + 1.0]).collect();
            let input = batch.inputs[0].clone().into_dense();
            prop_assert_eq!(input.as_slice::<f32>().unwrap(), &x[..]);
        }
    }

    #[test]
    fn the_columns_of_a_view_have_its_rows_only() {
        let view = counting(5).slice(2..5).select(&[2, 0]).unwrap();
        let (input, target) = (&view.inputs()[0], &view.targets()[0]);
        assert_eq!((input.len(), input.data()), (2, TensorData::from([[8.0_f32, 9.0], [4.0, 5.0]])));
        assert_eq!((target.len(), target.integers()), (2, Some(vec![4, 2])));
        assert_eq!(input.gather(&[1]).into_dense(), TensorData::from([[4.0_f32, 5.0]]));
        // A column of one view keeps its rows in other samples.
        let other = Samples::new(counting(9).slice(7..9).inputs()[0].clone(), target.clone()).unwrap();
        assert_eq!(
            (other.input(), other.classes()),
            (TensorData::from([[14.0_f32, 15.0], [16.0, 17.0]]), Some(vec![4, 2]))
        );
        assert_eq!(
            other.slice(1..2).batch(&[0]).inputs[0],
            Array::Dense(TensorData::from([[16.0_f32, 17.0]]))
        );
        assert_eq!(other.slice(1..2).classes(), Some(vec![2]));
    }

    #[test]
    fn columns_share_their_list_of_rows() {
        let view = counting(5).select(&[2, 0]).unwrap();
        assert!(view.inputs()[0].rows().is_same(view.targets()[0].rows()));
        let view = view.slice(1..2).select(&[0]).unwrap();
        assert!(view.inputs()[0].rows().is_same(view.targets()[0].rows()));
    }

    #[test]
    fn converted_columns_have_the_rows_of_the_view_only() {
        let view = counting(4).select(&[3, 1]).unwrap();
        let one_hot = view.to_categorical(4).unwrap().targets()[0].data();
        assert_eq!(one_hot, TensorData::from([[0.0_f32, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0]]));
        let error = view.to_categorical(3).unwrap_err().to_string();
        assert_eq!(error, "a class index is 3 (sample 0): give classes from 0 to 2");
        assert!(view.slice(1..2).to_categorical(2).is_ok());
        let error = view.to_categorical(4).unwrap().to_categorical(4).unwrap_err().to_string();
        assert_eq!(error, "the target is Floats: give a target of Column::classes");

        let negative = |input: TensorData| {
            assert_eq!(input, TensorData::from([[6.0_f32, 7.0], [2.0, 3.0]]));
            let values: Vec<f32> = input.iter::<f32>().map(|value| -value).collect();
            Ok(TensorData::new(values, input.shape().clone()))
        };
        let changed = view.map_input(negative).unwrap();
        assert_eq!(changed.input(), TensorData::from([[-6.0_f32, -7.0], [-2.0, -3.0]]));
        assert_eq!(changed.slice(1..2).input(), TensorData::from([[-2.0_f32, -3.0]]));
        assert_eq!(changed.slice(1..2).classes(), Some(vec![1]));
        let fewer = |_| Ok(TensorData::from([[0.0_f32, 0.0]]));
        assert!(view.map_input(fewer).unwrap_err().to_string().contains("2 and 1 samples"));
    }
}
