//! The same training, once for each split of the samples.

use kindling_data::{
    Samples,
    splits::{Fold, Splitter},
};

use super::{
    parallel::side_by_side,
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

/// Runs `train` on each fold of `samples`, up to `jobs` side by side on threads.
///
/// `train` builds a model of its own for each fold, so that folds share nothing; the results do not depend on `jobs`.
///
/// # Errors
/// When the samples cannot be split, `jobs` is 0, or `train` fails: the first fold's error, in their order.
pub fn cross_validate<E: From<TrainError> + Send>(
    samples: &Samples,
    splitter: &dyn Splitter,
    jobs: usize,
    train: impl Fn(Fold) -> Result<FoldResult, E> + Sync,
) -> Result<CrossValidation, E> {
    let folds = samples.split(splitter).map_err(TrainError::from)?;
    Ok(CrossValidation { folds: side_by_side(folds.len(), jobs, |index| train(folds[index].clone()))? })
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
