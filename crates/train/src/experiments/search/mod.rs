//! The search for hyper-parameters, which can be interrupted and taken up again.

mod record;
mod space;

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

pub use space::{SearchSpace, Settings};

use self::record::{Identity, Order, Record};
use super::parallel::side_by_side;
use crate::{
    TrainError,
    metrics::{Best, Direction},
};

/// Settings that were tried, and their score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The settings.
    pub settings: Settings,
    /// The best validation loss, say, and its epoch; none where the loss became infinite or not a number.
    pub score: Option<Best>,
}

impl Trial {
    /// The trial with the best score, the first one of equals; none where no trial has a score. `direction` says whether
    /// lower or higher scores are better.
    pub fn best(trials: &[Self], direction: Direction) -> Option<&Self> {
        let value = |trial: &Self| trial.score.map_or(f64::NAN, |score| score.value);
        let scored = trials.iter().filter(|trial| !value(trial).is_nan());
        scored.reduce(|best, trial| if direction.is_better(value(trial), value(best)) { trial } else { best })
    }
}

/// A search through a space of hyper-parameters.
///
/// Every finished trial is written to a file at once. The same search, started again with that file, continues where it
/// stopped; a random one may also be given more trials.
///
/// ```
/// use kindling_train::experiments::{Search, SearchSpace, Trial};
/// use kindling_train::metrics::{Best, Direction};
///
/// let space = SearchSpace {
///     layers: vec![1, 2],
///     units: vec![16, 64],
///     dropout: vec![0.0, 0.5],
///     l2: vec![0.0],
///     learning_rate: vec![0.001],
/// };
/// let folder = tempfile::tempdir()?;
/// let search = Search::random("an example", space, 4, 0, folder.path().join("search.json"))?;
/// // A real search trains a model with these settings and scores it on validation samples.
/// let trials = search.run(2, |settings| Ok(Some(Best { epoch: 3, value: settings.units as f64 })))?;
/// assert_eq!(Trial::best(&trials, Direction::Min).map(|trial| trial.settings.units), Some(16));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Search {
    plan: Vec<Settings>,
    record: Record,
    path: PathBuf,
}

impl Search {
    /// A search of every combination. `description` says what else the scores depend on: data, seed, epochs.
    ///
    /// # Errors
    /// As [`SearchSpace::grid`]; when the file at `path` is of another search, or cannot be read.
    pub fn grid(
        description: impl Into<String>,
        space: SearchSpace,
        path: impl AsRef<Path>,
    ) -> Result<Self, TrainError> {
        let plan = space.grid()?;
        Self::open(
            plan,
            Identity { description: description.into(), space, order: Order::Grid },
            path.as_ref(),
        )
    }

    /// A search of so many combinations, drawn at random from `seed`. `description` as for [`grid`](Self::grid).
    ///
    /// # Errors
    /// As [`SearchSpace::sample`]; when the file at `path` is of another search, or cannot be read.
    pub fn random(
        description: impl Into<String>,
        space: SearchSpace,
        trials: usize,
        seed: u64,
        path: impl AsRef<Path>,
    ) -> Result<Self, TrainError> {
        let plan = space.sample(trials, seed)?;
        let order = Order::Random { seed };
        Self::open(plan, Identity { description: description.into(), space, order }, path.as_ref())
    }

    fn open(plan: Vec<Settings>, identity: Identity, path: &Path) -> Result<Self, TrainError> {
        Ok(Self { plan, record: Record::open(path, identity)?, path: path.into() })
    }

    /// What is tried, in order.
    pub fn plan(&self) -> &[Settings] {
        &self.plan
    }

    /// How many trials of the plan an earlier run has finished.
    pub fn finished(&self) -> usize {
        self.plan.iter().filter(|settings| self.record.trial(settings).is_some()).count()
    }

    /// Scores all settings that have not been tried yet, up to `jobs` side by side on threads, and returns every trial
    /// in the order of the plan, which does not depend on `jobs`.
    ///
    /// A trial whose loss becomes infinite or not a number has no score; the search goes on.
    ///
    /// # Errors
    /// When `jobs` is 0, the file cannot be written, or `score` fails in another way: the first trial's error, in the
    /// order of the plan. Trials that were finished are in the file.
    pub fn run(
        self,
        jobs: usize,
        score: impl Fn(&Settings) -> Result<Option<Best>, TrainError> + Sync,
    ) -> Result<Vec<Trial>, TrainError> {
        let Self { plan, record, path } = self;
        // A folder that cannot be written to is found out before the first trial is spent.
        record.save(&path)?;
        let record = Mutex::new(record);
        let record = || record.lock().unwrap_or_else(PoisonError::into_inner);
        side_by_side(plan.len(), jobs, |index| {
            let settings = plan[index];
            if let Some(trial) = record().trial(&settings) {
                return Ok(*trial);
            }
            let score = match score(&settings) {
                Err(TrainError::NotFinite { .. }) => None,
                scored => scored?,
            };
            let trial = Trial { settings, score };
            let mut record = record();
            record.add(trial, &plan);
            record.save(&path)?;
            Ok(trial)
        })
    }
}
