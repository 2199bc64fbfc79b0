//! Repeated k-fold cross-validation.

use super::{Split, Splitter, by_fold, check_folds, neighbors, order};
use crate::{error::DataError, samples::Samples};

/// [`KFold`](super::KFold) repeated with different shuffles, like `sklearn.model_selection.RepeatedKFold`.
#[derive(Clone, Copy, Debug)]
pub struct RepeatedKFold {
    folds: usize,
    repeats: usize,
    seed: u64,
}

impl RepeatedKFold {
    /// Creates a splitter into `repeats` times `folds` folds.
    pub fn new(folds: usize, repeats: usize) -> Self {
        Self { folds, repeats, seed: 0 }
    }

    /// Sets the seed of the shuffles. Default: 0.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }
}

impl Splitter for RepeatedKFold {
    fn split(&self, samples: &Samples) -> Result<Vec<Split>, DataError> {
        check_folds(self.folds, samples.len(), "samples")?;
        if self.repeats == 0 {
            return Err(DataError::argument("the number of repeats", 0, "give at least 1"));
        }
        let repeat = |repeat| {
            let order = order(samples.len(), Some(self.seed), repeat as u64);
            by_fold(&neighbors(&order, self.folds), self.folds)
        };
        Ok((0..self.repeats).flat_map(repeat).collect())
    }
}
