//! Cross-validation of time series.

use super::{Split, Splitter};
use crate::{error::DataError, samples::Samples};

/// Cross-validation of time series, like `sklearn.model_selection.TimeSeriesSplit`: the validation samples of each split
/// follow its training samples in time.
#[derive(Clone, Copy, Debug)]
pub struct TimeSeriesSplit {
    splits: usize,
}

impl TimeSeriesSplit {
    /// Creates a splitter with `splits` splits. The samples are divided into `splits + 1` consecutive parts; split `i` trains
    /// on the first `i + 1` parts and validates on the next one.
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
