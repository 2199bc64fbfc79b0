//! The callback trait, and the view of a training run that callbacks get.

use std::path::{Path, PathBuf};

use burn::tensor::TensorData;
use kindling_data::Samples;
use kindling_models::{Network, Weights};

use super::{CallbackState, FitOptions, run_state::Requests};
use crate::{
    Receipt, TrainError,
    metrics::Direction,
    model::{Logs, Model, SilentUnits, history::direction_of, meter::Meter},
};

/// Code that is called at fixed points of a training run: Keras' `Callback`. An error ends the run and names the
/// callback.
///
/// ```
/// use kindling_train::{Callback, TrainError, Training};
///
/// /// Records the loss after every step.
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
    /// Any error ends the run.
    fn on_train_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        Ok(())
    }

    /// Called before each epoch.
    ///
    /// # Errors
    /// Any error ends the run.
    fn on_epoch_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        Ok(())
    }

    /// Called after each step.
    ///
    /// # Errors
    /// Any error ends the run.
    fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        Ok(())
    }

    /// Called after each epoch, including its validation. Values logged here become part of the history.
    ///
    /// # Errors
    /// Any error ends the run.
    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        Ok(())
    }

    /// Called after the last epoch.
    ///
    /// # Errors
    /// Any error ends the run.
    fn on_train_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        Ok(())
    }

    /// Called after a checkpoint is written, whether this or another callback requested it.
    ///
    /// # Errors
    /// Any error ends the run.
    fn on_checkpoint_saved(&mut self, path: &Path) -> Result<(), TrainError> {
        Ok(())
    }

    /// Returns whether the callback only observes, so that the run gives the same results without it. A run can be
    /// resumed or replayed with such callbacks added or removed. Default: false.
    fn observes(&self) -> bool {
        false
    }

    /// Returns the state that the callback keeps between epochs, to be saved in a checkpoint. Default: empty.
    ///
    /// # Errors
    /// Returns an error if the state cannot be serialized.
    fn state(&self) -> Result<CallbackState, TrainError> {
        Ok(CallbackState::default())
    }

    /// Restores what [`state`](Self::state) returned. Called after `on_train_begin` when a training run is resumed.
    /// Default: does nothing.
    ///
    /// # Errors
    /// Returns an error if the state was not saved by this type of callback.
    fn set_state(&mut self, state: CallbackState) -> Result<(), TrainError> {
        Ok(())
    }

    /// Returns the name used in error messages. Default: the type's name.
    fn name(&self) -> String {
        let path = std::any::type_name::<Self>();
        let path = path.split('<').next().unwrap_or(path);
        path.rsplit("::").next().unwrap_or(path).to_owned()
    }
}

/// Returns a growable list of the same callbacks.
pub(crate) fn with_room<'a>(callbacks: &'a mut [&mut dyn Callback]) -> Vec<&'a mut dyn Callback> {
    callbacks.iter_mut().map(|callback| &mut **callback as &mut dyn Callback).collect()
}

/// The state of a training run, with the model being trained.
pub struct Training<'a> {
    /// Current epoch, counted from 0.
    pub epoch: usize,
    /// Epoch at which training ends: Keras' argument `epochs`.
    pub epochs: usize,
    /// Steps completed in this epoch.
    pub step: usize,
    /// Steps per epoch.
    pub steps: usize,
    pub(super) logs: &'a mut Logs,
    /// The metrics of the current epoch, if they have not been read back from the device yet.
    pub(super) meter: Option<&'a mut Meter>,
    pub(super) directions: &'a [(String, Direction)],
    /// Whether validation samples were given.
    pub(super) validated: bool,
    pub(super) stop: &'a mut bool,
    pub(super) requests: &'a mut Requests,
    pub(super) receipt: Option<&'a Receipt>,
    pub(super) model: &'a mut dyn Trained,
}

impl Training<'_> {
    /// Returns the loss and metrics over all steps of the epoch so far. Within an epoch, this call waits for the
    /// device and reads them back.
    ///
    /// # Errors
    /// Returns an error if the loss is not finite or the device fails.
    pub fn logs(&mut self) -> Result<&Logs, TrainError> {
        if let Some(meter) = self.meter.as_deref_mut() {
            self.logs.update(meter.read().map_err(|fault| fault.at("", self.epoch + 1))?);
        }
        Ok(self.logs)
    }

    /// Adds a value to the logs of the epoch, or replaces the one of the same name.
    pub fn log(&mut self, name: &str, value: f64) {
        self.logs.set(name, value);
    }

    /// Returns whether lower or higher values of a metric are better, or `None` if the model does not report it.
    pub fn direction(&self, name: &str) -> Option<Direction> {
        direction_of(self.directions, name)
    }

    /// Returns whether the model reports a loss or metric of this name, in every epoch or in those with validation.
    pub fn reports(&self, name: &str) -> bool {
        self.direction(name).is_some() && (self.validated || !name.starts_with("val_"))
    }

    /// Returns the names of the loss and metrics that the model reports, without the prefix `val_`.
    pub fn figures(&self) -> impl Iterator<Item = &str> {
        self.directions.iter().map(|(name, _)| name.as_str())
    }

    /// Ends training after this epoch.
    pub fn stop(&mut self) {
        *self.stop = true;
    }

    /// Requests a checkpoint of the training run and its model. It is written once all callbacks have been called for
    /// the current event: `on_train_begin`, `on_batch_end` or `on_epoch_end`. A resumed run writes none in
    /// `on_train_begin`.
    pub fn save_checkpoint(&mut self, path: impl Into<PathBuf>) {
        self.requests.save.push(path.into());
    }

    /// Keeps a [receipt](Receipt) of the training run. Call it in `on_train_begin`.
    pub fn keep_receipt(&mut self) {
        self.requests.receipt = true;
    }

    /// Returns the receipt so far, or `None` if none is kept.
    pub fn receipt(&self) -> Option<&Receipt> {
        self.receipt
    }

    /// Resumes the training run from a file that [`save_checkpoint`](Self::save_checkpoint) wrote. Call it in
    /// `on_train_begin`; it takes effect once `on_train_begin` of all callbacks has been called.
    ///
    /// The network, compile settings, data and options of `fit` must be those of the saved run, except for the number
    /// of epochs. On the same machine and backend, the remaining epochs then give bit-identical results to an
    /// uninterrupted run.
    pub fn resume_from(&mut self, path: impl Into<PathBuf>) {
        self.requests.resume = Some(path.into());
    }

    /// Returns whether training ends after this epoch because a callback has [stopped](Self::stop) it.
    pub fn is_stopping(&self) -> bool {
        *self.stop
    }

    /// Returns the model being trained.
    pub fn model(&mut self) -> &mut dyn Trained {
        self.model
    }
}

/// The methods of [`Model`] that callbacks can call, independent of the type of its network.
#[expect(missing_docs, reason = "documented on the methods of Model")]
#[expect(clippy::missing_errors_doc, reason = "documented on the methods of Model")]
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
