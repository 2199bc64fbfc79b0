//! Callbacks, and what they see of a training run.

use std::path::{Path, PathBuf};

use burn::tensor::TensorData;
use kindling_data::Samples;
use kindling_models::{Network, Weights};

use super::{CallbackState, FitOptions, Logs, Model, SilentUnits, meter::Meter, run_state::Requests};
use crate::{Receipt, TrainError, metrics::Direction};

/// Code that runs during training. An error ends the run and names the callback.
///
/// ```
/// use kindling_train::{Callback, TrainError, Training};
///
/// /// Remembers the loss after every step.
/// #[derive(Default)]
/// struct Losses(Vec<f64>);
///
/// impl Callback for Losses {
///     fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
///         self.0.push(training.logs()?.require("loss")?);
///         Ok(())
///     }
/// }
/// ```
#[expect(unused_variables, reason = "the default bodies do nothing")]
pub trait Callback {
    /// Called before the first epoch.
    ///
    /// # Errors
    /// Any error, which ends the run.
    fn on_train_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        Ok(())
    }

    /// Called before each epoch.
    ///
    /// # Errors
    /// Any error, which ends the run.
    fn on_epoch_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        Ok(())
    }

    /// Called after each step.
    ///
    /// # Errors
    /// Any error, which ends the run.
    fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        Ok(())
    }

    /// Called after each epoch, validation included. Figures that are logged here become part of the history.
    ///
    /// # Errors
    /// Any error, which ends the run.
    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        Ok(())
    }

    /// Called after the last epoch.
    ///
    /// # Errors
    /// Any error, which ends the run.
    fn on_train_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        Ok(())
    }

    /// Called after a checkpoint that a callback has asked for, this or another one, is written.
    ///
    /// # Errors
    /// Any error, which ends the run.
    fn on_checkpoint_saved(&mut self, path: &Path) -> Result<(), TrainError> {
        Ok(())
    }

    /// Returns whether the callback only observes, so that a training gives the same results without it. A training that has
    /// others, or lacks one, can then be resumed or replayed. Default: false.
    fn observes(&self) -> bool {
        false
    }

    /// Returns what the callback remembers from epoch to epoch, for a checkpoint. Default: nothing.
    ///
    /// # Errors
    /// When the state has no form in a file.
    fn state(&self) -> Result<CallbackState, TrainError> {
        Ok(CallbackState::default())
    }

    /// Takes back what [`state`](Self::state) returned, after `on_train_begin`, when a training run is resumed. Default:
    /// does nothing.
    ///
    /// # Errors
    /// When the state is not of this callback.
    fn set_state(&mut self, state: CallbackState) -> Result<(), TrainError> {
        Ok(())
    }

    /// The name that errors give. Default: the type's name.
    fn name(&self) -> String {
        let path = std::any::type_name::<Self>();
        let path = path.split('<').next().unwrap_or(path);
        path.rsplit("::").next().unwrap_or(path).to_owned()
    }
}

/// Returns the same callbacks, so that others can be called with them.
pub(crate) fn with_room<'a>(callbacks: &'a mut [&mut dyn Callback]) -> Vec<&'a mut dyn Callback> {
    callbacks.iter_mut().map(|callback| &mut **callback as &mut dyn Callback).collect()
}

/// The state of a training run, and the model that is trained.
pub struct Training<'a> {
    /// The epoch, from 0.
    pub epoch: usize,
    /// The number of epochs asked for.
    pub epochs: usize,
    /// Steps taken in this epoch.
    pub step: usize,
    /// Steps per epoch.
    pub steps: usize,
    pub(super) logs: &'a mut Logs,
    /// The figures of the present epoch, if they have not been read yet.
    pub(super) meter: Option<&'a mut Meter>,
    pub(super) directions: &'a [(String, Direction)],
    /// Whether there are validation samples.
    pub(super) validated: bool,
    pub(super) stop: &'a mut bool,
    pub(super) requests: &'a mut Requests,
    pub(super) receipt: Option<&'a Receipt>,
    pub(super) model: &'a mut dyn Trained,
}

impl Training<'_> {
    /// Returns the epoch's figures over all steps so far. Within an epoch this call reads them back from the device, and
    /// waits for it.
    ///
    /// # Errors
    /// When the loss is not finite, or the device fails.
    pub fn logs(&mut self) -> Result<&Logs, TrainError> {
        if let Some(meter) = self.meter.as_deref_mut() {
            self.logs.update(meter.read().map_err(|fault| fault.at("", self.epoch + 1))?);
        }
        Ok(self.logs)
    }

    /// Adds a figure to those of the epoch, or replaces the one of that name.
    pub fn log(&mut self, name: &str, value: f64) {
        self.logs.set(name, value);
    }

    /// Returns whether lower or higher values of a figure are better; none for figures that the model does not report.
    pub fn direction(&self, name: &str) -> Option<Direction> {
        super::history::direction_of(self.directions, name)
    }

    /// Returns whether the model reports a figure of this name, in every epoch or in those with a validation.
    pub fn reports(&self, name: &str) -> bool {
        self.direction(name).is_some() && (self.validated || !name.starts_with("val_"))
    }

    /// The names of the figures that the model reports, without `val_`.
    pub fn figures(&self) -> impl Iterator<Item = &str> {
        self.directions.iter().map(|(name, _)| name.as_str())
    }

    /// Ends training after this epoch.
    pub fn stop(&mut self) {
        *self.stop = true;
    }

    /// Saves the training run with its model to a file, once all callbacks have been called for the present event:
    /// `on_train_begin`, `on_batch_end` or `on_epoch_end`. A run that is resumed saves nothing at its beginning.
    pub fn save_checkpoint(&mut self, path: impl Into<PathBuf>) {
        self.requests.save.push(path.into());
    }

    /// Keeps a [receipt](Receipt) of the training from now on. It is called in `on_train_begin`.
    pub fn keep_receipt(&mut self) {
        self.requests.receipt = true;
    }

    /// Returns the receipt so far, if one is kept.
    pub fn receipt(&self) -> Option<&Receipt> {
        self.receipt
    }

    /// Continues the training run that [`save_checkpoint`](Self::save_checkpoint) wrote to a file. It is called in
    /// `on_train_begin`, and takes effect once that of all callbacks has been called. Everything must be as it was: the
    /// network, what it was compiled with, the data, and the options of `fit`, but for the number of epochs. The further
    /// epochs are then the same, to the last bit, as without an interruption.
    pub fn resume_from(&mut self, path: impl Into<PathBuf>) {
        self.requests.resume = Some(path.into());
    }

    /// Returns whether training ends after this epoch because a callback has [stopped](Self::stop) it.
    pub fn is_stopping(&self) -> bool {
        *self.stop
    }

    /// Returns the model that is trained.
    pub fn model(&mut self) -> &mut dyn Trained {
        self.model
    }
}

/// What a callback can do with the model, whatever its network: each method is [`Model`]'s of the same name.
#[expect(missing_docs, reason = "as the methods of Model")]
#[expect(clippy::missing_errors_doc, reason = "as the methods of Model")]
pub trait Trained {
    fn weights(&self) -> Result<Weights, TrainError>;
    fn set_weights(&mut self, weights: &Weights) -> Result<(), TrainError>;
    fn learning_rate(&self) -> f64;
    fn set_learning_rate(&mut self, learning_rate: f64) -> Result<(), TrainError>;
    fn step(&self) -> u64;
    fn evaluate(&self, samples: &Samples) -> Result<Logs, TrainError>;
    fn predict(&self, samples: &Samples) -> Result<TensorData, TrainError>;
    fn losses(&self, samples: &Samples) -> Result<Vec<f32>, TrainError>;
    fn gradients(&self, samples: &Samples) -> Result<Weights, TrainError>;
    fn silent_units(&self, samples: &Samples) -> Result<Vec<SilentUnits>, TrainError>;
    fn batch(&self, samples: &Samples, options: &FitOptions, step: u64) -> Result<Samples, TrainError>;
    fn batch_indices(
        &self,
        samples: &Samples,
        options: &FitOptions,
        step: u64,
    ) -> Result<Vec<usize>, TrainError>;
}

impl<N: Network> Trained for Model<N> {
    fn weights(&self) -> Result<Weights, TrainError> {
        Model::weights(self)
    }

    fn set_weights(&mut self, weights: &Weights) -> Result<(), TrainError> {
        Model::set_weights(self, weights)
    }

    fn learning_rate(&self) -> f64 {
        Model::learning_rate(self)
    }

    fn set_learning_rate(&mut self, learning_rate: f64) -> Result<(), TrainError> {
        Model::set_learning_rate(self, learning_rate)
    }

    fn step(&self) -> u64 {
        Model::step(self)
    }

    fn evaluate(&self, samples: &Samples) -> Result<Logs, TrainError> {
        Model::evaluate(self, samples)
    }

    fn predict(&self, samples: &Samples) -> Result<TensorData, TrainError> {
        Model::predict(self, samples)
    }

    fn losses(&self, samples: &Samples) -> Result<Vec<f32>, TrainError> {
        Model::losses(self, samples)
    }

    fn gradients(&self, samples: &Samples) -> Result<Weights, TrainError> {
        Model::gradients(self, samples)
    }

    fn silent_units(&self, samples: &Samples) -> Result<Vec<SilentUnits>, TrainError> {
        Model::silent_units(self, samples)
    }

    fn batch(&self, samples: &Samples, options: &FitOptions, step: u64) -> Result<Samples, TrainError> {
        Model::batch(self, samples, options, step)
    }

    fn batch_indices(
        &self,
        samples: &Samples,
        options: &FitOptions,
        step: u64,
    ) -> Result<Vec<usize>, TrainError> {
        Model::batch_indices(self, samples, options, step)
    }
}
