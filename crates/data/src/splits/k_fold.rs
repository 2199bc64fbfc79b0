//! K-fold cross-validation.

use super::{Split, Splitter, by_fold, check_folds, neighbors, order};
use crate::{error::DataError, samples::Samples};

/// K-fold cross-validation with folds of consecutive samples, each of which is the validation set once, like
/// `sklearn.model_selection.KFold`. The first `len % k` folds have one more sample.
#[derive(Clone, Copy, Debug)]
pub struct KFold {
    folds: usize,
    seed: Option<u64>,
}

impl KFold {
    /// Creates a splitter into `folds` folds, without shuffling.
    pub fn new(folds: usize) -> Self {
        Self { folds, seed: None }
    }

    /// Shuffles the samples before splitting. Default: no shuffling.
    pub fn shuffle_with_seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }
}

impl Splitter for KFold {
    fn split(&self, samples: &Samples) -> Result<Vec<Split>, DataError> {
        check_folds(self.folds, samples.len(), "samples")?;
        Ok(by_fold(&neighbors(&order(samples.len(), self.seed, 0), self.folds), self.folds))
    }
}
