//! A learning rate per epoch.

use crate::{Callback, TrainError, Training};

/// Sets the learning rate before each epoch: Keras' `LearningRateScheduler`. The learning rate is logged to the
/// history as `learning_rate`.
///
/// The learning rate of the optimizer must be a number, not a schedule. For a rate that changes at each step, use one
/// of the [`schedules`](crate::schedules) in the optimizer instead.
pub struct LearningRateScheduler<F> {
    schedule: F,
}

impl<F: FnMut(usize, f64) -> f64> LearningRateScheduler<F> {
    /// Creates a callback from a function `(epoch, rate) -> rate`. Its arguments are the epoch, counted from 0, and
    /// the current learning rate.
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
