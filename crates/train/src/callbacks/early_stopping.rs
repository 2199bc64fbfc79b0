//! Ends training once a figure has stopped getting better.

use kindling_models::Weights;

use super::{Callback, Mode, Training, monitor::Monitor};
use crate::TrainError;

/// Stops when the watched figure has not got better for `patience` epochs: Keras' `EarlyStopping`.
#[derive(Clone, Debug)]
pub struct EarlyStopping {
    monitor: Monitor,
    patience: usize,
    restore_best_weights: bool,
    best_weights: Option<Weights>,
    waited: usize,
}

impl EarlyStopping {
    /// Watches `val_loss`, `val_accuracy` or another key of the history; stops at the first epoch without progress.
    pub fn new(monitor: &str) -> Self {
        Self {
            monitor: Monitor::new(monitor),
            patience: 0,
            restore_best_weights: false,
            best_weights: None,
            waited: 0,
        }
    }

    /// Stops after so many epochs without progress, as Keras does: 0 and 1 both stop at the first one.
    pub fn patience(self, patience: usize) -> Self {
        Self { patience, ..self }
    }

    /// How much counts as progress; anything above 0.
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.monitor.min_delta = min_delta.abs();
        self
    }

    /// Which way is better; up for accuracies, down for everything else.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.monitor.mode = mode;
        self
    }

    /// Whether the best epoch's weights are put back at the end; no.
    pub fn restore_best_weights(self, restore_best_weights: bool) -> Self {
        Self { restore_best_weights, ..self }
    }
}

impl Callback for EarlyStopping {
    fn on_train_begin(&mut self, _training: &mut Training) -> Result<(), TrainError> {
        (self.waited, self.monitor.best, self.best_weights) = (0, None, None);
        Ok(())
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        let value = self.monitor.value("EarlyStopping", training.logs())?;
        if self.monitor.improve(value) {
            self.waited = 0;
            if self.restore_best_weights {
                self.best_weights = Some(training.model().weights()?);
            }
            return Ok(());
        }
        self.waited += 1;
        if self.waited >= self.patience {
            training.stop();
        }
        Ok(())
    }

    fn on_train_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        match &self.best_weights {
            Some(weights) => training.model().set_weights(weights),
            None => Ok(()),
        }
    }
}
