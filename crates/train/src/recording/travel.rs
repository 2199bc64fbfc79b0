//! A training that is repeated from a key frame.

use std::path::Path;

use crate::{Callback, TrainError, Trained, Training};

/// A change of a model, or a look at it.
pub type Change<'a> = dyn FnMut(&mut dyn Trained) -> Result<(), TrainError> + 'a;

/// Resumes from a key frame, and acts on the model at each of some steps, or ends the training at the last one.
pub(super) struct Travel<'a, 'b> {
    frame: &'a Path,
    /// Those that are still ahead.
    steps: &'a [u64],
    act: Option<&'a mut Change<'b>>,
}

impl<'a, 'b> Travel<'a, 'b> {
    pub fn new(frame: &'a Path, steps: &'a [u64], act: Option<&'a mut Change<'b>>) -> Self {
        Self { frame, steps, act }
    }

    /// Returns the first step that the training has not reached.
    pub fn missed(&self) -> Option<u64> {
        self.steps.first().copied()
    }

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
        // After a training that was resumed at its end, there is no other event.
        if self.missed() == Some(training.model().step()) {
            self.steps = &self.steps[1..];
            if let Some(act) = &mut self.act {
                act(training.model())?;
            }
        }
        Ok(())
    }
}
