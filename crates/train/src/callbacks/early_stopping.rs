//! Stops training when a metric has stopped improving.

use kindling_models::Weights;
use serde::{Deserialize, Serialize};

use super::monitor::{BestSoFar, Monitor};
use crate::{Callback, CallbackState, TrainError, Training, metrics::Direction};

/// Stops training when the monitored metric has not improved for `patience` epochs: Keras' `EarlyStopping`.
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

/// The state in a checkpoint.
#[derive(Serialize, Deserialize)]
struct State {
    #[serde(flatten)]
    best: BestSoFar,
    best_epoch: Option<usize>,
    stopped_epoch: Option<usize>,
    waited: usize,
}

impl EarlyStopping {
    /// Creates a callback that monitors a metric of the history, such as `val_loss` or `val_accuracy`, with a
    /// patience of 0.
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

    /// Sets the number of epochs without improvement after which training stops. As in Keras, both 0 and 1 stop after
    /// the first such epoch. Default: 0.
    pub fn patience(self, patience: usize) -> Self {
        Self { patience, ..self }
    }

    /// Sets the minimum change that counts as an improvement. Default: 0.
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.monitor.min_delta = min_delta.abs();
        self
    }

    /// Sets whether lower or higher values of the metric are better. Required for values that a callback logs.
    /// Default: the direction of the loss or metric.
    pub fn mode(mut self, mode: Direction) -> Self {
        self.monitor.mode = Some(mode);
        self
    }

    /// Sets whether to restore the weights of the best epoch at the end of training. Default: false.
    pub fn restore_best_weights(self, restore_best_weights: bool) -> Self {
        Self { restore_best_weights, ..self }
    }

    /// Returns the epoch with the best value so far, counted from 0, or `None` before the first value.
    pub fn best_epoch(&self) -> Option<usize> {
        self.best_epoch
    }

    /// Returns the epoch after which training was stopped, counted from 0, or `None` if it was not stopped.
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
