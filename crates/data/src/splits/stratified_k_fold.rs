//! Stratified k-fold cross-validation.

use super::{Split, Splitter, by_fold, check_folds, members, order};
use crate::{error::DataError, samples::Samples};

/// K-fold cross-validation with the same proportion of each class in every fold, like
/// `sklearn.model_selection.StratifiedKFold`.
#[derive(Clone, Copy, Debug)]
pub struct StratifiedKFold {
    folds: usize,
    seed: Option<u64>,
}

impl StratifiedKFold {
    /// Creates a splitter into `folds` folds, without shuffling the samples of a class.
    pub fn new(folds: usize) -> Self {
        Self { folds, seed: None }
    }

    /// Shuffles the samples of each class before splitting. Default: no shuffling.
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
                format!("give at most {largest}, the size of the largest class"),
            ));
        }
        let mut fold_of = vec![0; samples.len()];
        let mut dealt = 0;
        for (class, members) in members.iter().enumerate() {
            // Folds are assigned round-robin, and each class continues where the previous one ended. They are sorted so
            // that the samples of a class in one fold are consecutive, as in scikit-learn.
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
