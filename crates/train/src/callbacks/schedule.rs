//! Changes the learning rate as training goes on.

use super::{Callback, Training};
use crate::TrainError;

/// Sets the learning rate before each epoch: Keras' `LearningRateScheduler`. The history gets a `learning_rate`.
pub struct LearningRateScheduler<F> {
    schedule: F,
}

impl<F: FnMut(usize, f64) -> f64> LearningRateScheduler<F> {
    /// `schedule` is given the epoch, from 0, and the present rate, and returns the next.
    pub fn new(schedule: F) -> Self {
        Self { schedule }
    }
}

impl<F: FnMut(usize, f64) -> f64> Callback for LearningRateScheduler<F> {
    fn on_epoch_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        let (epoch, rate) = (training.epoch, training.model().learning_rate());
        training.model().set_learning_rate((self.schedule)(epoch, rate))
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        let rate = training.model().learning_rate();
        training.log("learning_rate", rate);
        Ok(())
    }
}
