//! The same training, once for each split of the samples.

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
    /// The record of its training.
    pub history: History,
    /// Its model's figures on the validation samples.
    pub score: Logs,
}

/// The results of all folds, in their order.
#[derive(Clone, Debug)]
pub struct CrossValidation {
    folds: Vec<FoldResult>,
}

/// Runs `train` on each fold of `samples`, side by side on the devices.
///
/// `train` builds a model of its own for each fold on the device that it is given, so that folds share nothing.
///
/// # Errors
/// If the samples cannot be split, or `train` fails: the first fold's error, in their order. If there is no device, or all of
/// them fail.
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
    /// Each fold's history and score.
    pub fn folds(&self) -> &[FoldResult] {
        &self.folds
    }

    /// Each fold's figure of that name (`mae`); NaN where a fold has none.
    pub fn scores(&self, name: &str) -> Vec<f64> {
        self.folds.iter().map(|fold| fold.score.get(name).unwrap_or(f64::NAN)).collect()
    }

    /// The mean of the folds' figures.
    pub fn mean(&self, name: &str) -> f64 {
        mean(&self.scores(name))
    }

    /// The standard deviation of the folds' figures, as NumPy's `std`.
    pub fn deviation(&self, name: &str) -> f64 {
        deviation(&self.scores(name))
    }

    /// The mean over the folds of a history's figure (`val_mae`), one per epoch; as long as the shortest history.
    pub fn mean_curve(&self, name: &str) -> Vec<f64> {
        over_histories(self.folds.iter().map(|fold| &fold.history), name, mean)
    }
}

/// Each point as `factor` times the smoothed one before it and `1 - factor` times itself: the book's `smooth_curve`.
pub fn exponential_moving_average(points: &[f64], factor: f64) -> Vec<f64> {
    let smooth = |last: &mut Option<f64>, point: &f64| {
        let smoothed = last.map_or(*point, |last| last * factor + point * (1.0 - factor));
        *last = Some(smoothed);
        *last
    };
    points.iter().scan(None, smooth).collect()
}
