//! Ends training once a figure has stopped improving.

use kindling_models::Weights;
use serde::{Deserialize, Serialize};

use super::monitor::{BestSoFar, Monitor};
use crate::{Callback, CallbackState, TrainError, Training, metrics::Direction};

/// Stops when the monitored figure has not improved for `patience` epochs: Keras' `EarlyStopping`.
///
/// ```
/// use kindling_train::callbacks::EarlyStopping;
///
/// let stopping = EarlyStopping::new("val_loss").patience(3).restore_best_weights(true);
/// # let _ = stopping;
/// ```
#[derive(Clone, Debug)]
pub struct EarlyStopping {
    monitor: Monitor,
    patience: usize,
    restore_best_weights: bool,
    best_weights: Option<Weights>,
    best_epoch: Option<usize>,
    stopped_epoch: Option<usize>,
    waited: usize,
}

/// What is remembered from epoch to epoch, in a file.
#[derive(Serialize, Deserialize)]
struct State {
    #[serde(flatten)]
    best: BestSoFar,
    best_epoch: Option<usize>,
    stopped_epoch: Option<usize>,
    waited: usize,
}

impl EarlyStopping {
    /// Monitors `val_loss`, `val_accuracy` or another key of the history, and stops at the first epoch without
    /// improvement.
    pub fn new(monitor: &str) -> Self {
        Self {
            monitor: Monitor::new(monitor),
            patience: 0,
            restore_best_weights: false,
            best_weights: None,
            best_epoch: None,
            stopped_epoch: None,
            waited: 0,
        }
    }

    /// Sets the number of epochs without improvement after which training stops. As in Keras, 0 and 1 both stop at the
    /// first one. Default: 0.
    pub fn patience(self, patience: usize) -> Self {
        Self { patience, ..self }
    }

    /// Sets the smallest change that counts as an improvement. Default: 0.
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.monitor.min_delta = min_delta.abs();
        self
    }

    /// Sets whether lower or higher values of the figure are better. Default: as the model's loss or metric says;
    /// required for a figure that a callback adds.
    pub fn mode(mut self, mode: Direction) -> Self {
        self.monitor.mode = Some(mode);
        self
    }

    /// Sets whether to restore the best epoch's weights at the end. Default: false.
    pub fn restore_best_weights(self, restore_best_weights: bool) -> Self {
        Self { restore_best_weights, ..self }
    }

    /// Returns the epoch, counted from 0, with the best value so far.
    pub fn best_epoch(&self) -> Option<usize> {
        self.best_epoch
    }

    /// Returns the epoch, counted from 0, after which training was stopped, if it was.
    pub fn stopped_epoch(&self) -> Option<usize> {
        self.stopped_epoch
    }
}

impl Callback for EarlyStopping {
    fn on_train_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.monitor.direction("EarlyStopping", training)?;
        (self.waited, self.monitor.best, self.best_weights) = (0, None, None);
        (self.best_epoch, self.stopped_epoch) = (None, None);
        Ok(())
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        let Some(value) = self.monitor.value("EarlyStopping", training)? else { return Ok(()) };
        let direction = self.monitor.direction("EarlyStopping", training)?;
        if self.monitor.improve(value, direction) {
            self.waited = 0;
            self.best_epoch = Some(training.epoch);
            if self.restore_best_weights {
                self.best_weights = Some(training.model().weights()?);
            }
            return Ok(());
        }
        self.waited = self.waited.saturating_add(1);
        if self.waited >= self.patience {
            self.stopped_epoch = Some(training.epoch);
            training.stop();
        }
        Ok(())
    }

    fn state(&self) -> Result<CallbackState, TrainError> {
        let state = State {
            best: self.monitor.best(),
            best_epoch: self.best_epoch,
            stopped_epoch: self.stopped_epoch,
            waited: self.waited,
        };
        Ok(CallbackState::new(&state)?.with_weights(self.best_weights.clone()))
    }

    fn set_state(&mut self, state: CallbackState) -> Result<(), TrainError> {
        self.best_weights = state.weights().cloned();
        let State { best, best_epoch, stopped_epoch, waited } = state.values()?;
        self.monitor.best = best.best;
        (self.best_epoch, self.stopped_epoch, self.waited) = (best_epoch, stopped_epoch, waited);
        Ok(())
    }

    fn on_train_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        match &self.best_weights {
            Some(weights) => training.model().set_weights(weights),
            None => Ok(()),
        }
    }
}
