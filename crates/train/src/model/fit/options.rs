//! The arguments of `fit`.

use std::collections::BTreeMap;

use kindling_data::Samples;
use serde_json::{Map, Value, json};

use super::{NotFiniteAction, class_weight::weighted};
use crate::TrainError;

/// The options of [`Model::fit`](crate::Model::fit): the arguments of Keras' `fit`, with Keras' defaults.
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
    /// The fraction of samples to hold out, taken from the end.
    Split(f64),
}

impl Default for FitOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl FitOptions {
    /// Creates the default options: one epoch, batches of 32, shuffled, without validation or output.
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

    /// Sets the number of passes over the training data. With [`initial_epoch`](Self::initial_epoch), sets the epoch
    /// at which training ends. Default: 1.
    pub fn epochs(self, epochs: usize) -> Self {
        Self { epochs, ..self }
    }

    /// Sets the epoch at which to start, counted from 0. `epochs(10).initial_epoch(4)` trains for six epochs.
    /// Default: 0.
    pub fn initial_epoch(self, initial_epoch: usize) -> Self {
        Self { initial_epoch, ..self }
    }

    /// Sets the number of samples per step. The last batch of an epoch holds the remaining samples. A batch size above
    /// the number of samples is clamped to it. Default: 32.
    pub fn batch_size(self, batch_size: usize) -> Self {
        Self { batch_size, ..self }
    }

    /// Evaluates the model on these samples after each epoch. Default: none.
    pub fn validation_data(self, samples: &Samples) -> Self {
        Self { validation: Validation::Data(samples.clone()), ..self }
    }

    /// Holds out this fraction of the samples, between 0 and 1, and evaluates it after each epoch. They are taken
    /// from the end before any shuffling. Default: none.
    pub fn validation_split(self, share: f64) -> Self {
        Self { validation: Validation::Split(share), ..self }
    }

    /// Sets the number of epochs between validations. Default: 1.
    pub fn validation_freq(self, epochs: usize) -> Self {
        Self { validation_freq: epochs, ..self }
    }

    /// Weights the loss of each training sample by its class. Classes that are not listed have weight 1. The samples
    /// must have exactly one target: class indices, zeros and ones, or one-hot vectors. Default: none.
    pub fn class_weight(self, weights: impl IntoIterator<Item = (i32, f64)>) -> Self {
        Self { class_weight: weights.into_iter().collect(), ..self }
    }

    /// Sets whether to shuffle the samples before each epoch, with the model's seed. Default: true.
    pub fn shuffle(self, shuffle: bool) -> Self {
        Self { shuffle, ..self }
    }

    /// Checks the loss and the gradients of each step before the weights are updated, and sets what to do if one is
    /// infinite or not a number. The history then contains `skipped_steps`; the batch of a skipped step does not
    /// count in the epoch's metrics. Training ends with an error if all steps of an epoch are skipped. Steps are
    /// slower: each waits for the device and uses no fused kernels.
    ///
    /// Default: losses are checked when they are read back, at least once per epoch, and weights after each epoch.
    /// Training ends with an error if one of them is infinite or not a number.
    pub fn check_numerics(self, action: NotFiniteAction) -> Self {
        Self { check_numerics: Some(action), ..self }
    }

    /// Sets whether to show progress: a bar on standard error during each epoch, if that is a terminal, and a line on
    /// standard output after it. Default: false.
    pub fn verbose(self, verbose: bool) -> Self {
        Self { verbose, ..self }
    }

    /// Returns the options that affect results, by name.
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

    /// Returns the number of steps of all epochs of a run with these samples, at most `u64::MAX`.
    ///
    /// # Errors
    /// Returns an error if an option is invalid.
    pub fn total_steps(&self, samples: &Samples) -> Result<u64, TrainError> {
        // Also checks that there are more epochs than `initial_epoch`.
        let steps = self.steps_per_epoch(samples)? as u64;
        Ok(((self.epochs - self.initial_epoch) as u64).saturating_mul(steps))
    }

    /// Returns the range of steps of a run with these samples, counted from epoch 0.
    #[cfg(feature = "plots")]
    pub(crate) fn steps(&self, samples: &Samples) -> Result<std::ops::Range<u64>, TrainError> {
        let steps = self.steps_per_epoch(samples)? as u64;
        Ok((self.initial_epoch as u64).saturating_mul(steps)..(self.epochs as u64).saturating_mul(steps))
    }

    /// Returns the number of steps per epoch of a run with these samples.
    ///
    /// # Errors
    /// Returns an error if an option is invalid.
    pub fn steps_per_epoch(&self, samples: &Samples) -> Result<usize, TrainError> {
        let (training, _) = self.checked(samples)?;
        Ok(training.len().div_ceil(self.batch_size.min(training.len())))
    }

    /// Checks the options that do not depend on the samples.
    pub(super) fn check(&self) -> Result<(), TrainError> {
        if self.epochs <= self.initial_epoch {
            let remedy = match self.initial_epoch {
                0 => "give at least 1".into(),
                initial => format!("give more than initial_epoch ({initial})"),
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

    /// Checks all options, and returns the training samples and the validation samples.
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
                        "give a fraction between 0 and 1",
                    ));
                }
                let training = (samples.len() as f64 * (1.0 - share)) as usize;
                (samples.slice(0..training), Some(samples.slice(training..samples.len())))
            }
        };
        if training.is_empty() {
            return Err(TrainError::Mismatch(
                "no samples are left to train on: give more samples or hold out fewer".into(),
            ));
        }
        Ok((weighted(training, &self.class_weight, true)?, validation))
    }
}
