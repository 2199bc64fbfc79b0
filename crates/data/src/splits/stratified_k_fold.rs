//! K-fold cross-validation with the same share of each class in every fold.

use super::{Split, Splitter, by_fold, check_folds, members, order};
use crate::{error::DataError, samples::Samples};

/// As [`KFold`](super::KFold), with the same share of each class in every fold:
/// `sklearn.model_selection.StratifiedKFold`.
#[derive(Clone, Copy, Debug)]
pub struct StratifiedKFold {
    folds: usize,
    seed: Option<u64>,
}

impl StratifiedKFold {
    /// Creates `folds` folds in the samples' order within each class.
    pub fn new(folds: usize) -> Self {
        Self { folds, seed: None }
    }

    /// Shuffles the samples of each class before they are split. Default: no shuffle.
    pub fn shuffle_with_seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }
}

impl Splitter for StratifiedKFold {
    fn split(&self, samples: &Samples) -> Result<Vec<Split>, DataError> {
        check_folds(self.folds, samples.len(), "samples")?;
        let members = members(samples)?;
        let largest = members.iter().map(Vec::len).max().unwrap_or(0);
        if self.folds > largest {
            return Err(DataError::argument(
                "the number of folds",
                self.folds,
                format!("the largest class has {largest} samples: give no more"),
            ));
        }
        let mut fold_of = vec![0; samples.len()];
        let mut dealt = 0;
        for (class, members) in members.iter().enumerate() {
            // Folds are dealt in turn, each class continuing where the one before it ended. Sorting them makes a
            // fold's members of a class neighbors, as in scikit-learn.
            let mut folds: Vec<usize> =
                (dealt..dealt + members.len()).map(|place| place % self.folds).collect();
            folds.sort_unstable();
            dealt += members.len();
            let order = order(members.len(), self.seed, class as u64);
            order.into_iter().zip(folds).for_each(|(member, fold)| fold_of[members[member]] = fold);
        }
        Ok(by_fold(&fold_of, self.folds))
    }
}
