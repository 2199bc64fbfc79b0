//! Lowers the learning rate once a figure has stopped improving.

use serde::{Deserialize, Serialize};

use super::monitor::{BestSoFar, Monitor};
use crate::{Callback, CallbackState, TrainError, Training, metrics::Direction};

/// Multiplies the learning rate by a factor when the monitored figure has not improved for `patience` epochs: Keras'
/// `ReduceLROnPlateau`. The history gets a `learning_rate`, the one that the epoch was trained with.
///
/// The optimizer's learning rate must be a number: it is an error if it follows a schedule.
///
/// ```
/// use kindling_train::callbacks::ReduceLrOnPlateau;
///
/// let mut reduce = ReduceLrOnPlateau::new("val_loss").factor(0.2).patience(5).min_lr(1e-5);
/// ```
#[derive(Clone, Debug)]
pub struct ReduceLrOnPlateau {
    monitor: Monitor,
    factor: f64,
    patience: usize,
    cooldown: usize,
    min_lr: f64,
    waited: usize,
    /// Epochs of the cooldown that are left.
    cooling: usize,
}

impl ReduceLrOnPlateau {
    /// Monitors `val_loss`, `val_accuracy` or another key of the history.
    pub fn new(monitor: &str) -> Self {
        Self {
            monitor: Monitor { min_delta: 1e-4, ..Monitor::new(monitor) },
            factor: 0.1,
            patience: 10,
            cooldown: 0,
            min_lr: 0.0,
            waited: 0,
            cooling: 0,
        }
    }

    /// Sets what the learning rate is multiplied by: a number between 0 and 1. Default: 0.1.
    pub fn factor(self, factor: f64) -> Self {
        Self { factor, ..self }
    }

    /// Sets the number of epochs without improvement after which the rate is lowered. As in Keras, 0 and 1 both lower
    /// it after the first one. Default: 10.
    pub fn patience(self, patience: usize) -> Self {
        Self { patience, ..self }
    }

    /// Sets the smallest change that counts as an improvement. Default: 0.0001.
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.monitor.min_delta = min_delta.abs();
        self
    }

    /// Sets the number of epochs after a reduction during which epochs without improvement do not count. Default: 0.
    pub fn cooldown(self, cooldown: usize) -> Self {
        Self { cooldown, ..self }
    }

    /// Sets the lowest learning rate. Default: 0.
    pub fn min_lr(self, min_lr: f64) -> Self {
        Self { min_lr, ..self }
    }

    /// Sets whether lower or higher values of the figure are better. Default: as the model's loss or metric says;
    /// required for a figure that a callback adds.
    pub fn mode(mut self, mode: Direction) -> Self {
        self.monitor.mode = Some(mode);
        self
    }

    /// Lowers the learning rate, unless it has reached its lower bound.
    fn reduce(&mut self, rate: f64, training: &mut Training) -> Result<(), TrainError> {
        // In f32, as in Keras: a rate that differs from the bound by rounding alone has reached it.
        if rate as f32 <= self.min_lr as f32 {
            return Ok(());
        }
        (self.cooling, self.waited) = (self.cooldown, 0);
        training.model().set_learning_rate((rate * self.factor).max(self.min_lr))
    }
}

/// What is remembered from epoch to epoch, in a file.
#[derive(Serialize, Deserialize)]
struct State {
    #[serde(flatten)]
    best: BestSoFar,
    waited: usize,
    cooling: usize,
}

impl Callback for ReduceLrOnPlateau {
    fn state(&self) -> Result<CallbackState, TrainError> {
        let Self { waited, cooling, .. } = *self;
        CallbackState::new(&State { best: self.monitor.best(), waited, cooling })
    }

    fn set_state(&mut self, state: CallbackState) -> Result<(), TrainError> {
        let State { best, waited, cooling } = state.values()?;
        (self.monitor.best, self.waited, self.cooling) = (best.best, waited, cooling);
        Ok(())
    }

    fn on_train_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        if !(self.factor > 0.0 && self.factor < 1.0) {
            return Err(TrainError::argument("factor", self.factor, "give a number between 0 and 1"));
        }
        if !(self.min_lr.is_finite() && self.min_lr >= 0.0) {
            return Err(TrainError::argument("min_lr", self.min_lr, "give a number that is not negative"));
        }
        self.monitor.direction("ReduceLrOnPlateau", training)?;
        (self.waited, self.cooling, self.monitor.best) = (0, 0, None);
        // Fails before the first epoch if the rate cannot be changed because it follows a schedule.
        let rate = training.model().learning_rate();
        training.model().set_learning_rate(rate)
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        let rate = training.model().learning_rate();
        training.log("learning_rate", rate);
        let Some(value) = self.monitor.value("ReduceLrOnPlateau", training)? else { return Ok(()) };
        let direction = self.monitor.direction("ReduceLrOnPlateau", training)?;
        if self.cooling > 0 {
            self.cooling -= 1;
            self.waited = 0;
        }
        if self.monitor.improve(value, direction) {
            self.waited = 0;
        } else if self.cooling == 0 {
            self.waited = self.waited.saturating_add(1);
            if self.waited >= self.patience {
                self.reduce(rate, training)?;
            }
        }
        Ok(())
    }
}
