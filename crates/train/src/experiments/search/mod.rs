//! Hyperparameter searches, which can be interrupted and resumed.

mod halving;
mod importance;
mod plan;
mod record;
mod space;

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use self::{
    halving::{HalvingSearch, Rung, SuccessiveHalving},
    importance::Importance,
    plan::SearchPlan,
    space::SearchSpace,
};

use self::{
    record::{Entry, Record},
    space::Values,
};
use super::Devices;
use crate::{
    NotFiniteCause, TrainError,
    metrics::{Best, Direction},
};

/// A trial of a search: settings and their score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial<S> {
    /// Settings of the trial.
    pub settings: S,
    /// Score, such as the lowest validation loss, and its epoch. `None` if the loss became infinite or not a number.
    pub score: Option<Best>,
}

impl<S> Trial<S> {
    /// Returns the trial with the best score, or `None` if no trial has a score. The first trial wins ties.
    pub fn best(trials: &[Self], direction: Direction) -> Option<&Self> {
        let value = |trial: &Self| trial.score.map_or(f64::NAN, |score| score.value);
        let scored = trials.iter().filter(|trial| !value(trial).is_nan());
        scored.reduce(|best, trial| if direction.is_better(value(trial), value(best)) { trial } else { best })
    }
}

/// A hyperparameter search. `S` is a custom struct, which serde deserializes from the settings of the search space.
///
/// Every finished trial is saved to a file immediately. Opening the same search with this file again resumes it; a
/// random search may then have more trials.
///
/// ```
/// use burn::tensor::Device;
/// use kindling_models::{Sequential, activations::{Linear, Relu}};
/// use kindling_train::experiments::{Devices, Search, SearchPlan, SearchSpace, Trial};
/// use kindling_train::{Compile, FitOptions, losses::MeanSquaredError, metrics::{Direction, Mae}, optimizers::RmsProp};
/// # use kindling_data::{Column, Samples};
/// # let samples = Samples::new(Column::floats(vec![[0.0], [1.0], [2.0]])?, Column::floats(vec![0.0, 1.0, 4.0])?)?;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("search.json");
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Settings {
///     units: usize,
///     batch_size: usize,
///     learning_rate: f64,
/// }
///
/// let space = SearchSpace::new()
///     .choice("units", [4, 16, 64])
///     .choice("batch_size", [1, 3])
///     .log_uniform("learning_rate", 1e-4..=1e-1);
/// let search = Search::open(SearchPlan::random(space, 4), path)?;
/// let devices = Devices::from(&Device::flex()).jobs(2);
/// let trials = search.run(&devices, |settings: &Settings, device| {
///     let network = Sequential::new(1).dense(settings.units, Relu).dense(1, Linear);
///     let optimizer = RmsProp::new(settings.learning_rate);
///     let mut model = network.compile(optimizer, MeanSquaredError, [Mae]).on(device)?;
///     let options = FitOptions::new().epochs(3).batch_size(settings.batch_size).validation_data(&samples);
///     Ok(model.fit(&samples, &options)?.best("val_loss"))
/// })?;
/// let best = Trial::best(&trials, Direction::Min).unwrap();
/// println!("{} units", best.settings.units);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Search<S> {
    trials: Planned<S>,
    record: Record,
}

impl<S: DeserializeOwned + Sync> Search<S> {
    /// Opens a search. Trials in the file are not repeated; if the file does not exist, it is created.
    ///
    /// # Errors
    /// Returns an error if:
    /// - the space is empty, has a duplicate setting, a choice without values or with duplicate values, or an invalid
    ///   range;
    /// - a grid has a range of floats or more than a million combinations, or a random search has no trials;
    /// - `S` cannot be deserialized from the settings;
    /// - the file belongs to another search or cannot be read.
    pub fn open(plan: SearchPlan, path: impl AsRef<Path>) -> Result<Self, TrainError> {
        let trials = Planned::of(&plan)?;
        Ok(Self { trials, record: Record::open(path.as_ref(), plan.identity)? })
    }

    /// Sets the file to which trials are saved. Default: the file that was opened.
    pub fn save_to(mut self, path: impl Into<PathBuf>) -> Self {
        self.record.set_path(path.into());
        self
    }

    /// Returns the settings of all trials, in order.
    pub fn settings(&self) -> &[S] {
        &self.trials.settings
    }

    /// Returns the number of trials that were finished by earlier runs.
    pub fn finished(&self) -> usize {
        self.trials.values.iter().filter(|values| self.record.score(values, None).is_some()).count()
    }

    /// Scores all unfinished settings, in parallel on the devices. Returns all trials in order.
    ///
    /// If the loss of a trial becomes infinite or not a number, the trial has no score and the search continues.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written, there are no devices, or all devices fail. If `score` fails in
    /// another way, returns the error of the first failed trial. Finished trials have been saved to the file.
    pub fn run(
        self,
        devices: &Devices,
        score: impl Fn(&S, &Device) -> Result<Option<Best>, TrainError> + Sync,
    ) -> Result<Vec<Trial<S>>, TrainError> {
        let Self { trials: Planned { values, settings }, record } = self;
        devices.first()?;
        // Fail before the first trial if the file cannot be written.
        record.save()?;
        let scores = devices.run(values.len(), |index, device| {
            if let Some(score) = record.score(&values[index], None) {
                return Ok(score);
            }
            let score = finite(score(&settings[index], device))?;
            record.add(Entry { settings: values[index].clone(), epochs: None, score }, &values)?;
            Ok(score)
        })?;
        let trial = |(settings, score)| Trial { settings, score };
        Ok(settings.into_iter().zip(scores).map(trial).collect())
    }
}

/// The settings of a plan, as JSON values and deserialized.
#[derive(Debug)]
struct Planned<S> {
    values: Vec<Values>,
    settings: Vec<S>,
}

impl<S: DeserializeOwned> Planned<S> {
    fn of(plan: &SearchPlan) -> Result<Self, TrainError> {
        let values = plan.values()?;
        let settings = values.iter().map(|values| {
            S::deserialize(serde_json::Value::from(values.clone())).map_err(|error| {
                let values = serde_json::Value::from(values.clone());
                TrainError::Mismatch(format!(
                    "{} cannot be deserialized from the settings {values}: {error}",
                    std::any::type_name::<S>()
                ))
            })
        });
        Ok(Self { settings: settings.collect::<Result<_, _>>()?, values })
    }
}

/// Replaces the error of a loss that is infinite or not a number by a missing score.
fn finite(score: Result<Option<Best>, TrainError>) -> Result<Option<Best>, TrainError> {
    match score {
        // Data that is not finite is not caused by the settings, so it remains an error.
        Err(TrainError::NotFinite { cause, .. })
            if !matches!(cause.as_deref(), Some(NotFiniteCause::Data(_))) =>
        {
            Ok(None)
        }
        score => score,
    }
}
