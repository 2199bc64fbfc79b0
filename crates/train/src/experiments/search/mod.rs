//! The search for settings, which can be interrupted and taken up again.

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

/// Settings that were tried, and their score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial<S> {
    /// The settings.
    pub settings: S,
    /// The best validation loss, say, and its epoch; none if the loss became infinite or not a number.
    pub score: Option<Best>,
}

impl<S> Trial<S> {
    /// Returns the trial with the best score, the first one of equals; none if no trial has a score.
    pub fn best(trials: &[Self], direction: Direction) -> Option<&Self> {
        let value = |trial: &Self| trial.score.map_or(f64::NAN, |score| score.value);
        let scored = trials.iter().filter(|trial| !value(trial).is_nan());
        scored.reduce(|best, trial| if direction.is_better(value(trial), value(best)) { trial } else { best })
    }
}

/// A search through a space of settings, in a struct of one's own that serde reads from their names.
///
/// Every finished trial is written to a file at once. The same search, opened again with that file, goes on where it stopped;
/// a random one may also be given more trials.
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
    /// Opens a search with its file, which need not exist.
    ///
    /// # Errors
    /// If the space is empty, has a setting twice, a choice without values or with one twice, or a range that is none; if a grid
    /// has a range or over a million combinations, or a random plan no trials; if `S` cannot be read from the settings; if the
    /// file is of another search or cannot be read.
    pub fn open(plan: SearchPlan, path: impl AsRef<Path>) -> Result<Self, TrainError> {
        let trials = Planned::of(&plan)?;
        Ok(Self { trials, record: Record::open(path.as_ref(), plan.identity)? })
    }

    /// Sets another file to write to. Default: the one that was opened.
    pub fn save_to(mut self, path: impl Into<PathBuf>) -> Self {
        self.record.set_path(path.into());
        self
    }

    /// Returns the settings that are tried, in order.
    pub fn settings(&self) -> &[S] {
        &self.trials.settings
    }

    /// Returns how many of them have been tried in an earlier run.
    pub fn finished(&self) -> usize {
        self.trials.values.iter().filter(|values| self.record.score(values, None).is_some()).count()
    }

    /// Scores all settings that have not been tried yet, side by side on the devices, and returns every trial, in order.
    ///
    /// A trial whose loss becomes infinite or not a number has no score; the search goes on.
    ///
    /// # Errors
    /// If the file cannot be written, or `score` fails in another way: the first trial's error, in order. If there is no
    /// device, or all of them fail. Trials that were finished are in the file.
    pub fn run(
        self,
        devices: &Devices,
        score: impl Fn(&S, &Device) -> Result<Option<Best>, TrainError> + Sync,
    ) -> Result<Vec<Trial<S>>, TrainError> {
        let Self { trials: Planned { values, settings }, record } = self;
        devices.first()?;
        // A directory that cannot be written to is found out before the first trial is spent.
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

/// The settings of a plan, as they are in files and as they are used.
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
                    "{} cannot be read from the settings {values}: {error}",
                    std::any::type_name::<S>()
                ))
            })
        });
        Ok(Self { settings: settings.collect::<Result<_, _>>()?, values })
    }
}

/// No score where the loss became infinite or not a number.
fn finite(score: Result<Option<Best>, TrainError>) -> Result<Option<Best>, TrainError> {
    match score {
        // Data that is not finite is no fault of the settings.
        Err(TrainError::NotFinite { cause, .. })
            if !matches!(cause.as_deref(), Some(NotFiniteCause::Data(_))) =>
        {
            Ok(None)
        }
        score => score,
    }
}
