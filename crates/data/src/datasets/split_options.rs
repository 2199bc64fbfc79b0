//! Keras' train/test split of data sets that are published without one.

use serde::{Deserialize, Serialize};

use crate::error::DataError;

/// Keras' default fraction of the samples in the test set.
pub(super) const TEST_SPLIT: f64 = 0.2;

/// The arguments of `keras.datasets.boston_housing.load_data`, with its defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SplitOptions {
    pub(super) test_split: f64,
    pub(super) seed: u32,
}

impl Default for SplitOptions {
    fn default() -> Self {
        Self { test_split: TEST_SPLIT, seed: 113 }
    }
}

impl SplitOptions {
    /// Creates options with Keras' defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the fraction of the samples in the test set, at least 0 and below 1. Default: 0.2.
    pub fn test_split(mut self, test_split: f64) -> Self {
        self.test_split = test_split;
        self
    }

    /// Sets the seed that shuffles the samples before they are split. Default: 113.
    pub fn seed(mut self, seed: u32) -> Self {
        self.seed = seed;
        self
    }
}

/// Returns the number of training samples.
///
/// # Errors
/// [`DataError::Argument`] if `test_split` is not in `0.0..1.0`.
pub(super) fn training_samples(samples: usize, test_split: f64) -> Result<usize, DataError> {
    if !(0.0..1.0).contains(&test_split) {
        return Err(DataError::argument(
            "test_split",
            test_split,
            "give a fraction of at least 0 and below 1",
        ));
    }
    // In the same order as Keras, because rounding differs otherwise.
    Ok((samples as f64 * (1.0 - test_split)) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_as_python_does() {
        // int(n * (1 - t)) in Python.
        for (samples, test_split, expected) in
            [(506, 0.2, 404), (11_228, 0.2, 8_982), (10, 0.9, 0), (10, 0.7, 3), (7, 0.0, 7), (100, 0.42, 58)]
        {
            assert_eq!(training_samples(samples, test_split).unwrap(), expected, "{samples} {test_split}");
        }
    }

    #[test]
    fn rejects_fractions_out_of_range() {
        for test_split in [1.0, -0.1, f64::NAN, f64::INFINITY] {
            let error = training_samples(10, test_split).unwrap_err().to_string();
            assert!(error.starts_with("test_split is "), "{error}");
        }
    }
}
