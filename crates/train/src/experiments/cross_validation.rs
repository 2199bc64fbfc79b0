//! Cross-validation.

use burn::tensor::Device;
use kindling_data::{
    Samples,
    splits::{Fold, Splitter},
};

use super::{
    Devices,
    statistics::{deviation, mean, over_histories},
};
use crate::{History, Logs, TrainError};

/// The result of one fold.
#[derive(Clone, Debug)]
pub struct FoldResult {
    /// History of the training run.
    pub history: History,
    /// Loss and metrics of the trained model on the validation samples.
    pub score: Logs,
}

/// The results of all folds, in order.
#[derive(Clone, Debug)]
pub struct CrossValidation {
    folds: Vec<FoldResult>,
}

/// Runs `train` on each fold of `samples`, in parallel on the devices.
///
/// `train` must build a new model for each fold, on the given device.
///
/// # Errors
/// Returns an error if the samples cannot be split, there are no devices, or all devices fail. If `train` fails,
/// returns the error of the first failed fold.
pub fn cross_validate(
    samples: &Samples,
    splitter: &dyn Splitter,
    devices: &Devices,
    train: impl Fn(Fold, &Device) -> Result<FoldResult, TrainError> + Sync,
) -> Result<CrossValidation, TrainError> {
    let folds = samples.split(splitter)?;
    let train = |index: usize, device: &Device| train(folds[index].clone(), device);
    Ok(CrossValidation { folds: devices.run(folds.len(), train)? })
}

impl CrossValidation {
    /// Returns the history and score of each fold.
    pub fn folds(&self) -> &[FoldResult] {
        &self.folds
    }

    /// Returns the score of each fold for a metric (such as `mae`), `[folds]`. A fold without the metric has NaN.
    pub fn scores(&self, name: &str) -> Vec<f64> {
        self.folds.iter().map(|fold| fold.score.get(name).unwrap_or(f64::NAN)).collect()
    }

    /// Returns the mean of the scores for a metric over the folds.
    pub fn mean(&self, name: &str) -> f64 {
        mean(&self.scores(name))
    }

    /// Returns the population standard deviation (NumPy's `std`) of the scores for a metric over the folds.
    pub fn deviation(&self, name: &str) -> f64 {
        deviation(&self.scores(name))
    }

    /// Returns the mean of a metric (such as `val_mae`) over the folds, `[epochs]`. Its length is that of the
    /// shortest history.
    pub fn mean_curve(&self, name: &str) -> Vec<f64> {
        over_histories(self.folds.iter().map(|fold| &fold.history), name, mean)
    }
}
