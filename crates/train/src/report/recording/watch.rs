//! The pass through a recorded training that creates its frames.

use kindling_data::Samples;
use kindling_models::{Network, Weights};

use super::frame::{Frame, View};
use crate::{Callback, FitOptions, Model, Recording, TrainError, Trained, Training, model::with_room};

/// A callback that inspects a training before and after given steps.
pub(super) struct Watch<'a> {
    trained_on: (&'a Samples, &'a FitOptions),
    /// First step of the training.
    start: u64,
    steps: &'a [u64],
    view: View<'a>,
    frames: Vec<Frame>,
    /// The weights before the last frame's step, until the step is completed.
    before: Option<Weights>,
    validation: Validation,
}

/// Number of completed steps, and the validation loss after them.
#[derive(Default)]
struct Validation(Vec<(u64, f64)>);

impl<'a> Watch<'a> {
    pub fn new(
        trained_on: (&'a Samples, &'a FitOptions),
        start: u64,
        steps: &'a [u64],
        view: View<'a>,
    ) -> Self {
        let validation = Validation::default();
        Self { trained_on, start, steps, view, frames: Vec::new(), before: None, validation }
    }

    /// Repeats the training. Returns its number of epochs, or the reason for the failure if its loss is not finite.
    pub fn run<N: Network>(
        &mut self,
        recording: &Recording,
        model: &mut Model<N>,
        callbacks: &mut [&mut dyn Callback],
    ) -> Result<Result<usize, String>, TrainError> {
        let mut visited: Vec<u64> = self.steps.iter().flat_map(|step| [*step, step + 1]).collect();
        visited.dedup();
        let (samples, options) = self.trained_on;
        let mut validation = std::mem::take(&mut self.validation);
        let mut called = with_room(callbacks);
        called.push(&mut validation);
        // The model's own count of steps may differ: it may have been trained before, or the run may start at a later epoch.
        let mut arrived = visited.iter();
        let mut look =
            |model: &mut dyn Trained| arrived.next().map_or(Ok(()), |step| self.look(*step, model));
        let ended = recording.visit(&visited, model, samples, options, &mut called, &mut look);
        self.validation = validation;
        match ended {
            Ok(history) => Ok(Ok(history.epochs())),
            Err(error @ TrainError::NotFinite { .. }) => Ok(Err(error.to_string())),
            Err(error) => Err(error),
        }
    }

    /// Inspects the model before the step `arrived`, and after the step of the last frame.
    fn look(&mut self, arrived: u64, model: &dyn Trained) -> Result<(), TrainError> {
        if let (Some(before), Some(frame)) = (self.before.take(), self.frames.last_mut()) {
            frame.moved(&before, &model.weights()?);
        }
        let Some(step) = self.steps.get(self.frames.len()).filter(|step| **step == arrived) else {
            return Ok(());
        };
        let weights = model.weights()?;
        let frame = Frame::of(model, &weights, self.trained_on, *step, step - self.start, self.view)?;
        self.frames.push(frame);
        self.before = Some(weights);
        Ok(())
    }

    /// Returns the frames, and the validation losses with their numbers of completed steps.
    pub fn finish(self) -> (Vec<Frame>, Vec<(u64, f64)>) {
        (self.frames, self.validation.0)
    }
}

impl Callback for Validation {
    fn observes(&self) -> bool {
        true
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        let taken = (training.epoch as u64 + 1) * training.steps as u64;
        if let Some(loss) = training.logs()?.get("val_loss") {
            self.0.push((taken, loss));
        }
        Ok(())
    }
}
