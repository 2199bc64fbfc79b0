//! The arguments of `fit`.

use std::{collections::BTreeMap, ops::Range};

use kindling_data::Samples;
use serde_json::{Map, Value, json};

use super::{NotFiniteAction, class_weight::weighted};
use crate::TrainError;

/// The options of [`Model::fit`](super::Model::fit): Keras' arguments of `fit`, with its defaults.
///
/// ```
/// use kindling_train::FitOptions;
///
/// let options = FitOptions::new().epochs(20).batch_size(512).validation_split(0.2).class_weight([(0, 1.0), (1, 4.0)]);
/// ```
#[derive(Clone, Debug)]
pub struct FitOptions {
    pub(super) epochs: usize,
    pub(super) initial_epoch: usize,
    pub(super) batch_size: usize,
    pub(super) validation: Validation,
    pub(super) validation_freq: usize,
    pub(super) class_weight: BTreeMap<i32, f64>,
    pub(super) shuffle: bool,
    pub(super) check_numerics: Option<NotFiniteAction>,
    pub(super) verbose: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Validation {
    None,
    Data(Samples),
    /// The share of samples, from the end, that is held out.
    Split(f64),
}

impl Default for FitOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl FitOptions {
    /// One epoch in batches of 32, shuffled, without validation or output.
    pub fn new() -> Self {
        Self {
            epochs: 1,
            initial_epoch: 0,
            batch_size: 32,
            validation: Validation::None,
            validation_freq: 1,
            class_weight: BTreeMap::new(),
            shuffle: true,
            check_numerics: None,
            verbose: false,
        }
    }

    /// Sets the number of passes over the training data, or after [`initial_epoch`](Self::initial_epoch) the epoch at
    /// which training ends. Default: 1.
    pub fn epochs(self, epochs: usize) -> Self {
        Self { epochs, ..self }
    }

    /// Sets the epoch, from 0, at which callbacks begin to count. `epochs(10).initial_epoch(4)` trains for six epochs.
    /// Default: 0.
    pub fn initial_epoch(self, initial_epoch: usize) -> Self {
        Self { initial_epoch, ..self }
    }

    /// Sets the number of samples per step. The last batch of an epoch holds the remaining samples. A batch size above
    /// the number of samples is clamped to it. Default: 32.
    pub fn batch_size(self, batch_size: usize) -> Self {
        Self { batch_size, ..self }
    }

    /// Evaluates these samples after each epoch.
    pub fn validation_data(self, samples: &Samples) -> Self {
        Self { validation: Validation::Data(samples.clone()), ..self }
    }

    /// Holds out this share of the samples, taken from the end before any shuffling, and evaluates it after each epoch.
    pub fn validation_split(self, share: f64) -> Self {
        Self { validation: Validation::Split(share), ..self }
    }

    /// Validates only after every `epochs`-th epoch. Default: 1.
    pub fn validation_freq(self, epochs: usize) -> Self {
        Self { validation_freq: epochs, ..self }
    }

    /// Weights the loss of each training sample by its class. Classes that are not named have weight 1. The samples need
    /// one target with class indices, zeros and ones, or one-hot vectors. Default: none.
    pub fn class_weight(self, weights: impl IntoIterator<Item = (i32, f64)>) -> Self {
        Self { class_weight: weights.into_iter().collect(), ..self }
    }

    /// Sets whether the samples are shuffled before each epoch, by the model's seed. Default: true.
    pub fn shuffle(self, shuffle: bool) -> Self {
        Self { shuffle, ..self }
    }

    /// Checks loss and gradients of each step before it is taken, and sets what to do if one is infinite or not a number. The
    /// history then has `skipped_steps`, and a skipped step's batch is not part of the epoch's figures. An epoch of which all
    /// steps are skipped ends training. Each step waits for the device, and computes without kernels of several layers.
    ///
    /// Default: losses are checked when they are read back, at least once an epoch, and weights after each epoch; training ends
    /// if one of them is infinite or not a number.
    pub fn check_numerics(self, action: NotFiniteAction) -> Self {
        Self { check_numerics: Some(action), ..self }
    }

    /// Sets whether to show progress: a bar on standard error during an epoch, if that is a terminal, and a line on standard
    /// output after it. Default: false.
    pub fn verbose(self, verbose: bool) -> Self {
        Self { verbose, ..self }
    }

    /// The options that results depend on, by name.
    pub(super) fn identity(&self, batch_size: usize) -> Map<String, Value> {
        let class_weight: Vec<(i32, f64)> = self.class_weight.clone().into_iter().collect();
        let options = json!({
            "batch_size": batch_size,
            "initial_epoch": self.initial_epoch,
            "validation_freq": self.validation_freq,
            "class_weight": class_weight,
            "shuffle": self.shuffle,
            "check_numerics": self.check_numerics.map(|action| format!("{action:?}")),
        });
        options.as_object().cloned().unwrap_or_default()
    }

    /// Returns the number of steps of all epochs of a training with these samples.
    ///
    /// # Errors
    /// When an option is not usable.
    pub fn total_steps(&self, samples: &Samples) -> Result<u64, TrainError> {
        Ok((self.epochs - self.initial_epoch) as u64 * self.steps_per_epoch(samples)? as u64)
    }

    /// Returns the steps of a training with these samples, of all epochs from 0 on.
    pub(crate) fn steps(&self, samples: &Samples) -> Result<Range<u64>, TrainError> {
        let steps = self.steps_per_epoch(samples)? as u64;
        Ok(self.initial_epoch as u64 * steps..self.epochs as u64 * steps)
    }

    /// Returns the number of steps of an epoch of a training with these samples.
    ///
    /// # Errors
    /// When an option is not usable.
    pub fn steps_per_epoch(&self, samples: &Samples) -> Result<usize, TrainError> {
        let (training, _) = self.checked(samples)?;
        Ok(training.len().div_ceil(self.batch_size.min(training.len())))
    }

    /// Checks the numbers.
    pub(super) fn check(&self) -> Result<(), TrainError> {
        if self.epochs <= self.initial_epoch {
            let remedy = match self.initial_epoch {
                0 => "give at least 1".into(),
                initial => format!("give more than initial_epoch, which is {initial}"),
            };
            return Err(TrainError::argument("epochs", self.epochs, remedy));
        }
        for (name, value) in [("batch_size", self.batch_size), ("validation_freq", self.validation_freq)] {
            if value == 0 {
                return Err(TrainError::argument(name, 0, "give at least 1"));
            }
        }
        self.check_numerics.map_or(Ok(()), NotFiniteAction::check)
    }

    /// The samples to train on and to validate on, once every option has been checked.
    pub(super) fn checked(&self, samples: &Samples) -> Result<(Samples, Option<Samples>), TrainError> {
        self.check()?;
        let (training, validation) = match &self.validation {
            Validation::None => (samples.clone(), None),
            Validation::Data(validation) => (samples.clone(), Some(validation.clone())),
            Validation::Split(share) => {
                if !(*share > 0.0 && *share < 1.0) {
                    return Err(TrainError::argument(
                        "validation_split",
                        share,
                        "give a share between 0 and 1",
                    ));
                }
                let training = (samples.len() as f64 * (1.0 - share)) as usize;
                (samples.slice(0..training), Some(samples.slice(training..samples.len())))
            }
        };
        if training.is_empty() {
            return Err(TrainError::Mismatch(
                "no samples are left to train on: give more, or hold out fewer".into(),
            ));
        }
        Ok((weighted(training, &self.class_weight)?, validation))
    }
}
