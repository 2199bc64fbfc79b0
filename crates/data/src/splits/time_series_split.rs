//! Cross-validation of time series.

use super::{Split, Splitter};
use crate::{error::DataError, samples::Samples};

/// Splits without look-ahead: each validates with the samples that follow its training samples in time.
/// `sklearn.model_selection.TimeSeriesSplit`.
#[derive(Clone, Copy, Debug)]
pub struct TimeSeriesSplit {
    splits: usize,
}

impl TimeSeriesSplit {
    /// Creates `splits` splits: the samples are cut into `splits + 1` parts, and each split validates with the next.
    pub fn new(splits: usize) -> Self {
        Self { splits }
    }
}

impl Splitter for TimeSeriesSplit {
    fn split(&self, samples: &Samples) -> Result<Vec<Split>, DataError> {
        let len = samples.len();
        if self.splits == 0 || self.splits >= len {
            let remedy = format!("give 1 to {} for {len} samples", len.saturating_sub(1));
            return Err(DataError::argument("the number of splits", self.splits, remedy));
        }
        let size = len / (self.splits + 1);
        let first = len - self.splits * size;
        let split = |index| {
            let start = first + index * size;
            Split { train: (0..start).collect(), validation: (start..start + size).collect() }
        };
        Ok((0..self.splits).map(split).collect())
    }
}
