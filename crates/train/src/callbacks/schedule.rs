//! Sets the learning rate of each epoch.

use crate::{Callback, TrainError, Training};

/// Sets the learning rate before each epoch: Keras' `LearningRateScheduler`. The history gets a `learning_rate`.
///
/// The optimizer's learning rate must be a number. For a rate that changes from step to step, give the optimizer one of
/// the [`schedules`](crate::schedules).
pub struct LearningRateScheduler<F> {
    schedule: F,
}

impl<F: FnMut(usize, f64) -> f64> LearningRateScheduler<F> {
    /// Takes a function of the epoch, counted from 0, and the present rate, which returns the rate of the epoch.
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
