//! Successive halving: trains many settings for few epochs and the best of them for more.

use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

use burn::tensor::Device;
use kindling_data::Samples;
use kindling_models::SequentialNetwork;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Devices, Planned, SearchPlan, Trial, finite,
    record::{Entry, Record},
};
use crate::{
    FitOptions, History, Model, TrainError,
    metrics::{Best, Direction},
};

/// The epochs of a successive halving.
///
/// All settings are trained for `min_epochs`. The best `1 / factor` of them, rounded down but at least one, continue
/// to `factor` times as many epochs, and so on up to `max_epochs`. With `min_epochs` 1, `max_epochs` 9 and `factor`
/// 3, all settings are trained for 1 epoch, a third of them for 3 epochs, and a ninth for 9 epochs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuccessiveHalving {
    /// Number of epochs of the first rung.
    pub min_epochs: usize,
    /// Total number of epochs after the last rung.
    pub max_epochs: usize,
    /// Ratio of the epochs, and of the numbers of settings, between rungs. At least 2.
    pub factor: usize,
}

impl SuccessiveHalving {
    fn check(&self) -> Result<(), TrainError> {
        let Self { min_epochs, max_epochs, factor } = *self;
        if factor < 2 {
            return Err(TrainError::argument("factor", factor, "give at least 2"));
        }
        if min_epochs == 0 || min_epochs > max_epochs {
            let remedy = format!("give at least 1 and at most max_epochs ({max_epochs})");
            return Err(TrainError::argument("min_epochs", min_epochs, remedy));
        }
        Ok(())
    }

    /// Returns the range of epochs of each rung.
    fn rungs(self) -> impl Iterator<Item = Range<usize>> {
        let mut done = 0_usize;
        std::iter::from_fn(move || {
            let next = if done == 0 { self.min_epochs } else { done.saturating_mul(self.factor) };
            let epochs = done..next.min(self.max_epochs);
            done = epochs.end;
            (!epochs.is_empty()).then_some(epochs)
        })
    }
}

/// A rung of a successive halving for one of the settings: training from one total number of epochs to the next.
#[derive(Clone, Debug)]
pub struct Rung<S> {
    /// Settings to train with.
    pub settings: S,
    /// Epochs to train, counted from 0. They start at 0 if the directory of the previous rung is missing.
    pub epochs: Range<usize>,
    /// Directory with the results of the previous rung, or `None` if training starts at epoch 0.
    pub from: Option<PathBuf>,
    /// Existing, empty directory for the results of this rung.
    pub to: PathBuf,
}

impl<S> Rung<S> {
    /// Trains a model for the epochs of this rung. The model is loaded from the previous rung or, at epoch 0, created
    /// by `compile`. It is saved as `model.keras`. `epochs` and `initial_epoch` of `options` are ignored.
    ///
    /// For networks other than a `Sequential`, or for several models such as those of folds, train without this
    /// method: load from the directory `from` and save to [`to`](Self::to).
    ///
    /// # Errors
    /// Returns the errors of [`Model::load`], [`Model::fit`], [`Model::save`] and `compile`.
    pub fn fit(
        &self,
        device: &Device,
        compile: impl FnOnce() -> Result<Model<SequentialNetwork>, TrainError>,
        samples: &Samples,
        options: &FitOptions,
    ) -> Result<History, TrainError> {
        let mut model = match &self.from {
            Some(from) => Model::load(from.join(MODEL), device)?,
            None => compile()?,
        };
        let options = options.clone().epochs(self.epochs.end).initial_epoch(self.epochs.start);
        let history = model.fit(samples, &options)?;
        model.save(self.to.join(MODEL))?;
        Ok(history)
    }
}

/// The file name of the model in the directory of a rung.
const MODEL: &str = "model.keras";

/// A hyperparameter search by successive halving: trains many settings for few epochs and the best of them for more.
/// Each rung continues training from the previous rung.
///
/// Next to the file of the search, such as `search.json`, the directory `search.checkpoints` holds the results of the
/// rungs. The results of eliminated settings and of completed earlier rungs are deleted; those of the last rung are
/// kept.
///
/// ```
/// use burn::tensor::Device;
/// use kindling_models::{Sequential, activations::{Linear, Relu}};
/// use kindling_train::experiments::{Devices, HalvingSearch, Rung, SearchPlan, SearchSpace, SuccessiveHalving, Trial};
/// use kindling_train::{Compile, FitOptions, losses::MeanSquaredError, metrics::{Direction, Mae}, optimizers::RmsProp};
/// # use kindling_data::{Column, Samples};
/// # let samples = Samples::new(Column::floats(vec![[0.0], [1.0], [2.0]])?, Column::floats(vec![0.0, 1.0, 4.0])?)?;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("search.json");
///
/// #[derive(Clone, serde::Serialize, serde::Deserialize)]
/// struct Settings {
///     units: usize,
/// }
///
/// let plan = SearchPlan::random(SearchSpace::new().integers("units", 1..=32), 9);
/// let halving = SuccessiveHalving { min_epochs: 1, max_epochs: 9, factor: 3 };
/// let options = FitOptions::new().batch_size(1).validation_data(&samples);
/// let trials = HalvingSearch::open(plan, halving, path)?.run(
///     Direction::Min,
///     &Devices::from(&Device::flex()),
///     |rung: &Rung<Settings>, device| {
///         let compile = || {
///             let network = Sequential::new(1).dense(rung.settings.units, Relu).dense(1, Linear);
///             network.compile(RmsProp::default(), MeanSquaredError, [Mae]).on(device)
///         };
///         Ok(rung.fit(device, compile, &samples, &options)?.best("val_loss"))
///     },
/// )?;
/// println!("{} units", Trial::best(&trials, Direction::Min).unwrap().settings.units);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct HalvingSearch<S> {
    trials: Planned<S>,
    halving: SuccessiveHalving,
    record: Record,
}

impl<S: DeserializeOwned + Clone + Sync + Send> HalvingSearch<S> {
    /// Opens a search. Trials in the file are not repeated; if the file does not exist, it is created.
    ///
    /// # Errors
    /// Returns an error in the cases of [`Search::open`](super::Search::open), and if `min_epochs` is 0, `max_epochs`
    /// is less than `min_epochs`, or `factor` is less than 2.
    pub fn open(
        mut plan: SearchPlan,
        halving: SuccessiveHalving,
        path: impl AsRef<Path>,
    ) -> Result<Self, TrainError> {
        halving.check()?;
        plan.identity.halving = Some(halving);
        let trials = Planned::of(&plan)?;
        Ok(Self { trials, halving, record: Record::open(path.as_ref(), plan.identity)? })
    }

    /// Returns the settings of the first rung, in order.
    pub fn settings(&self) -> &[S] {
        &self.trials.settings
    }

    /// Trains all rungs, with the settings of each rung in parallel on the devices. Returns all trials in order. The
    /// score of a trial is the best of all epochs it was trained for. `direction` says whether lower or higher scores
    /// are better.
    ///
    /// `train` must train for `rung.epochs`, save to `rung.to`, and return the best score with its epoch, counted
    /// from 1 in each rung as in [`History::best`]. Settings whose loss becomes infinite or not a number are
    /// eliminated and have no score.
    ///
    /// # Errors
    /// Returns an error in the cases of [`Search::run`](super::Search::run), and if the directory of a checkpoint
    /// cannot be created or deleted. Finished rungs have been saved to the file.
    pub fn run(
        self,
        direction: Direction,
        devices: &Devices,
        train: impl Fn(&Rung<S>, &Device) -> Result<Option<Best>, TrainError> + Sync,
    ) -> Result<Vec<Trial<S>>, TrainError> {
        let Self { trials: Planned { values, settings }, halving, record } = self;
        devices.first()?;
        record.save()?;
        let folders = Folders(record.path().with_extension("checkpoints"));
        let mut scores: Vec<Option<Best>> = vec![None; values.len()];
        let mut alive: Vec<usize> = (0..values.len()).collect();
        let mut done = 0;
        for epochs in halving.rungs() {
            let reached = devices.run(alive.len(), |place, device| {
                let index = alive[place];
                if let Some(score) = record.score(&values[index], Some(epochs.end)) {
                    return Ok(score);
                }
                let rung = folders.rung(index, settings[index].clone(), &epochs)?;
                let score = finite(train(&rung, device))?
                    .map(|best| Best { epoch: rung.epochs.start + best.epoch, ..best });
                let score = score.map(|score| better(scores[index], score, direction));
                record.add(
                    Entry { settings: values[index].clone(), epochs: Some(epochs.end), score },
                    &values,
                )?;
                Ok(score)
            })?;
            for (index, score) in alive.iter().zip(reached) {
                scores[*index] = score;
                folders.remove(*index, done)?;
            }
            if epochs.end == halving.max_epochs {
                break;
            }
            let survivors = survivors(&alive, &scores, alive.len() / halving.factor, direction);
            for dropped in alive.iter().filter(|index| !survivors.contains(index)) {
                folders.remove(*dropped, epochs.end)?;
            }
            (alive, done) = (survivors, epochs.end);
        }
        let trial = |(settings, score)| Trial { settings, score };
        Ok(settings.into_iter().zip(scores).map(trial).collect())
    }
}

/// Returns the better of two scores. The earlier one wins ties.
fn better(earlier: Option<Best>, later: Best, direction: Direction) -> Best {
    match earlier {
        Some(earlier) if !direction.is_better(later.value, earlier.value) => earlier,
        _ => later,
    }
}

/// Returns the `count` best settings, but at least one, in their original order. The first one wins ties.
fn survivors(alive: &[usize], scores: &[Option<Best>], count: usize, direction: Direction) -> Vec<usize> {
    let mut scored: Vec<(usize, f64)> =
        alive.iter().filter_map(|index| Some((*index, scores[*index]?.value))).collect();
    scored.sort_by(|one, other| match direction {
        Direction::Min => one.1.total_cmp(&other.1),
        Direction::Max => other.1.total_cmp(&one.1),
    });
    let mut best: Vec<usize> = scored.into_iter().take(count.max(1)).map(|(index, _)| index).collect();
    best.sort_unstable();
    best
}

/// The directories of checkpoints.
struct Folders(PathBuf);

impl Folders {
    fn path(&self, index: usize, epochs: usize) -> PathBuf {
        self.0.join(format!("trial_{index}")).join(format!("epochs_{epochs}"))
    }

    /// Creates the next rung of a trial, with an empty directory for its results.
    fn rung<S>(&self, index: usize, settings: S, epochs: &Range<usize>) -> Result<Rung<S>, TrainError> {
        let from = Some(self.path(index, epochs.start)).filter(|from| epochs.start > 0 && from.is_dir());
        let to = self.path(index, epochs.end);
        // An interrupted run may have left files.
        self.remove(index, epochs.end)?;
        fs::create_dir_all(&to).map_err(TrainError::io(&to))?;
        let start = if from.is_some() { epochs.start } else { 0 };
        Ok(Rung { settings, epochs: start..epochs.end, from, to })
    }

    fn remove(&self, index: usize, epochs: usize) -> Result<(), TrainError> {
        let path = self.path(index, epochs);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(TrainError::io(path)(error)),
            _ => {
                // Remove the directory of the trial, if it is empty.
                let _ = fs::remove_dir(self.0.join(format!("trial_{index}")));
                Ok(())
            }
        }
    }
}
