//! Repetition of a training run from a key frame.

use std::path::Path;

use crate::{Callback, TrainError, Trained, Training};

/// A function that changes or inspects a model.
pub type Change<'a> = dyn FnMut(&mut dyn Trained) -> Result<(), TrainError> + 'a;

/// A callback that resumes from a key frame, and calls a function at each of some steps or ends training at the last
/// one.
pub(super) struct Travel<'a, 'b> {
    frame: &'a Path,
    /// The steps that have not been reached yet.
    steps: &'a [u64],
    act: Option<&'a mut Change<'b>>,
}

impl<'a, 'b> Travel<'a, 'b> {
    pub fn new(frame: &'a Path, steps: &'a [u64], act: Option<&'a mut Change<'b>>) -> Self {
        Self { frame, steps, act }
    }

    /// Returns the first step that has not been reached, or `None` if all have.
    pub fn missed(&self) -> Option<u64> {
        self.steps.first().copied()
    }

    /// Acts if the run has taken the next of the steps. They are counted from epoch 0 of the run: the model may have
    /// taken other steps before.
    fn arrive(&mut self, training: &mut Training) -> Result<(), TrainError> {
        let taken = training.epoch as u64 * training.steps as u64 + training.step as u64;
        let Some((_, ahead)) = self.steps.split_first().filter(|(step, _)| **step == taken) else {
            return Ok(());
        };
        self.steps = ahead;
        match &mut self.act {
            Some(act) => act(training.model()),
            None if ahead.is_empty() => Err(TrainError::Interrupted { saved: None }),
            None => Ok(()),
        }
    }
}

impl Callback for Travel<'_, '_> {
    fn observes(&self) -> bool {
        true
    }

    fn on_train_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        training.resume_from(self.frame);
        Ok(())
    }

    fn on_epoch_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.arrive(training)
    }

    fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.arrive(training)
    }

    fn on_train_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        // If training is resumed at its end, this is the only event.
        self.arrive(training)
    }
}
