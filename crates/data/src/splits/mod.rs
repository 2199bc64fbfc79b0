//! Splits of samples into training and validation sets, with scikit-learn's names and behavior.
//!
//! A [`Splitter`] returns positions, [`Samples::split`] returns the corresponding [`Fold`]s, and [`train_test_split`] returns
//! one training and one test set.
//!
//! ```
//! use kindling_data::{
//!     Column, Samples,
//!     splits::{HoldOut, KFold, train_test_split},
//! };
//!
//! let x = Column::floats((0..10).map(|i| [i as f32]).collect::<Vec<_>>())?;
//! let samples = Samples::new(x, Column::classes(vec![0, 1, 0, 1, 0, 1, 0, 1, 0, 1])?)?;
//!
//! for fold in samples.split(&KFold::new(5).shuffle_with_seed(0))? {
//!     assert_eq!((fold.train.len(), fold.validation.len()), (8, 2));
//! }
//! let (train, test) = train_test_split(&samples, &HoldOut::random(0.4).seed(1).stratified())?;
//! assert_eq!((train.len(), test.classes().unwrap().iter().sum::<i32>()), (6, 2));
//! # Ok::<(), kindling_data::DataError>(())
//! ```

mod group_k_fold;
mod group_shuffle_split;
mod hold_out;
mod k_fold;
mod repeated_k_fold;
mod stratified_k_fold;
mod time_series_split;

use std::collections::HashMap;

pub use group_k_fold::GroupKFold;
pub use group_shuffle_split::GroupShuffleSplit;
pub use hold_out::{HoldOut, train_test_split};
pub use k_fold::KFold;
pub use repeated_k_fold::RepeatedKFold;
pub use stratified_k_fold::StratifiedKFold;
pub use time_series_split::TimeSeriesSplit;

use crate::{
    error::DataError,
    random::{self, Purpose},
    samples::Samples,
};

/// The positions of a training and a validation set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Positions of the training samples.
    pub train: Vec<usize>,
    /// Positions of the validation samples.
    pub validation: Vec<usize>,
}

/// A training and a validation set.
#[derive(Clone, Debug)]
pub struct Fold {
    /// The fold's index among the splits, from 0.
    pub index: usize,
    /// The training set. Preprocessing and the model must be fitted to these samples only.
    pub train: Samples,
    /// The validation set.
    pub validation: Samples,
}

/// An evaluation protocol: one or more splits of the same samples into training and validation sets.
///
/// Custom types may implement it. [`Samples::split`] checks the positions that a splitter returns.
///
/// ```
/// use kindling_data::{
///     Column, DataError, Samples,
///     splits::{Split, Splitter},
/// };
///
/// /// Validates with every third sample.
/// struct EveryThird;
///
/// impl Splitter for EveryThird {
///     fn split(&self, samples: &Samples) -> Result<Vec<Split>, DataError> {
///         let (validation, train) = (0..samples.len()).partition(|position| position % 3 == 2);
///         Ok(vec![Split { train, validation }])
///     }
/// }
///
/// let samples = Samples::inputs_only(Column::floats(vec![0.0_f32; 7])?);
/// let folds = samples.split(&EveryThird)?;
/// assert_eq!((folds[0].train.len(), folds[0].validation.len()), (5, 2));
/// # Ok::<(), DataError>(())
/// ```
pub trait Splitter {
    /// Returns the splits, in order.
    ///
    /// # Errors
    /// [`DataError::Argument`] if there are too few samples, or they are not of the kind that the protocol requires.
    fn split(&self, samples: &Samples) -> Result<Vec<Split>, DataError>;
}

impl Samples {
    /// Splits the samples into the folds of `splitter`. Folds are views; no values are copied.
    ///
    /// # Errors
    /// The error of the splitter. [`DataError::Argument`] if it returns no splits; [`DataError::Split`] if it returns an empty
    /// set, a position out of range, or a position that is in both sets.
    pub fn split(&self, splitter: &dyn Splitter) -> Result<Vec<Fold>, DataError> {
        let fold = |(index, split): (usize, Split)| {
            let (train, validation) = (self.select(&split.train)?, self.select(&split.validation)?);
            Ok(Fold { index, train, validation })
        };
        checked(splitter, self)?.into_iter().enumerate().map(fold).collect()
    }
}

/// Returns the splits of a splitter after checking their positions, because the splitter may be a custom type.
pub(crate) fn checked(splitter: &dyn Splitter, samples: &Samples) -> Result<Vec<Split>, DataError> {
    let splits = splitter.split(samples)?;
    if splits.is_empty() {
        return Err(DataError::argument("the splitter's number of folds", 0, "return at least one"));
    }
    splits.iter().enumerate().try_for_each(|(index, split)| check(index, split, samples.len()))?;
    Ok(splits)
}

/// Checks that both sets of a split are nonempty, in range, and disjoint.
fn check(fold: usize, split: &Split, samples: usize) -> Result<(), DataError> {
    let wrong = |reason: String| Err(DataError::Split { fold, reason });
    let mut trained_on = vec![false; samples];
    for (set, positions) in [("training", &split.train), ("validation", &split.validation)] {
        if positions.is_empty() {
            return wrong(format!("has an empty {set} set: give each set at least one sample"));
        }
        if let Some(position) = positions.iter().find(|position| **position >= samples) {
            return wrong(format!("has the {set} position {position}: there are {samples} samples"));
        }
    }
    split.train.iter().for_each(|position| trained_on[*position] = true);
    match split.validation.iter().find(|position| trained_on[**position]) {
        None => Ok(()),
        Some(position) => wrong(format!("has position {position} in both sets: make them disjoint")),
    }
}

/// Checks the number of folds, given the number of samples or groups, which `what` names.
fn check_folds(folds: usize, count: usize, what: &str) -> Result<(), DataError> {
    match (2..=count).contains(&folds) {
        true => Ok(()),
        false => {
            let remedy = match count {
                0 | 1 => format!("at least 2 {what} are required, there are {count}"),
                _ => format!("give 2 to {count}, the number of {what}"),
            };
            Err(DataError::argument("the number of folds", folds, remedy))
        }
    }
}

/// Returns the number of held-out samples or groups, which `what` names. It is rounded up, as in scikit-learn.
fn held_out(share: f64, count: usize, what: &str) -> Result<usize, DataError> {
    let held_out = (count as f64 * share).ceil() as usize;
    if !(share > 0.0 && share < 1.0) || held_out >= count {
        let remedy = format!(
            "give a fraction between 0 and 1 that leaves at least one of {count} {what} for training"
        );
        return Err(DataError::argument("the held-out fraction", share, remedy));
    }
    Ok(held_out)
}

/// Returns `0..len`, shuffled if there is a seed.
fn order(len: usize, seed: Option<u64>, index: u64) -> Vec<usize> {
    match seed {
        Some(seed) => random::order(seed, Purpose::Split, index, len),
        None => (0..len).collect(),
    }
}

/// Assigns consecutive elements of `order` to the same fold, and returns the fold of each position. The first folds
/// contain the remainder.
fn neighbors(order: &[usize], folds: usize) -> Vec<usize> {
    let mut fold_of = vec![0; order.len()];
    let mut rest = order;
    for fold in 0..folds {
        let size = order.len() / folds + usize::from(fold < order.len() % folds);
        let (own, others) = rest.split_at(size);
        own.iter().for_each(|position| fold_of[*position] = fold);
        rest = others;
    }
    fold_of
}

/// Returns one split per fold, with positions in ascending order.
fn by_fold(fold_of: &[usize], folds: usize) -> Vec<Split> {
    let split = |fold| {
        let (validation, train) = (0..fold_of.len()).partition(|position| fold_of[*position] == fold);
        Split { train, validation }
    };
    (0..folds).map(split).collect()
}

/// Returns the positions of each class, in order of their first occurrence, as in scikit-learn.
fn members(samples: &Samples) -> Result<Vec<Vec<usize>>, DataError> {
    let classes = samples.classes().ok_or_else(|| {
        DataError::argument(
            "the target",
            "not of classes",
            "give a target of Column::classes for a stratified split",
        )
    })?;
    let mut members: Vec<Vec<usize>> = Vec::new();
    let mut places: HashMap<i32, usize> = HashMap::new();
    for (position, class) in classes.iter().enumerate() {
        let place = *places.entry(*class).or_insert_with(|| {
            members.push(Vec::new());
            members.len() - 1
        });
        members[place].push(position);
    }
    Ok(members)
}
