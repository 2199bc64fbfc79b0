//! K-fold cross-validation.

use super::{Split, Splitter, by_fold, check_folds, neighbors, order};
use crate::{error::DataError, samples::Samples};

/// `k` folds of neighboring samples, each of which is the validation set once: `sklearn.model_selection.KFold`. The
/// first `len % k` folds hold one sample more.
#[derive(Clone, Copy, Debug)]
pub struct KFold {
    folds: usize,
    seed: Option<u64>,
}

impl KFold {
    /// Creates `folds` folds in the samples' order.
    pub fn new(folds: usize) -> Self {
        Self { folds, seed: None }
    }

    /// Shuffles the samples before they are split. Default: no shuffle.
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
