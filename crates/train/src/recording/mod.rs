//! Recorded training runs: access to the model at any step.

use std::path::{Path, PathBuf};

use kindling_data::Samples;
use kindling_models::Network;

use crate::{
    Callback, FitOptions, History, Model, TrainError, checkpoint_file::CheckpointFile, interrupt,
    model::with_room,
};

mod moves;
mod travel;

use travel::Travel;

pub use moves::Move;
pub use travel::Change;

/// A training run recorded by a [`Recorder`](crate::callbacks::Recorder).
///
/// A step is reached by resuming training from the latest key frame before it. On the same machine and backend, this
/// repeats the run bit by bit, because all random numbers depend only on the seed and the step. The model, samples,
/// options and callbacks must be those of the recorded run; otherwise, an error names the difference. Callbacks that
/// only observe may be omitted.
///
/// ```
/// # use burn::tensor::Device;
/// # use kindling_data::{Column, Samples};
/// # use kindling_models::{Sequential, activations::Linear};
/// # use kindling_train::{Compile, FitOptions, losses::MeanSquaredError, optimizers::Sgd};
/// use kindling_train::{Recording, callbacks::Recorder};
///
/// # let folder = tempfile::tempdir()?;
/// # let samples = Samples::new(Column::floats(vec![[1.0], [2.0]])?, Column::floats(vec![2.0, 4.0])?)?;
/// let network = Sequential::new(1).dense(1, Linear);
/// let compile = || network.clone().compile(Sgd::default(), MeanSquaredError, ()).on(&Device::flex());
/// let options = FitOptions::new().epochs(3).batch_size(1);
/// compile()?.fit_with(&samples, &options, &mut [&mut Recorder::new(folder.path())])?;
///
/// let recording = Recording::open(folder.path())?;
/// let mut model = compile()?;
/// recording.at(3, &mut model, &samples, &options, &mut [])?;
/// assert_eq!(model.step(), 3);
/// let batch = model.batch(&samples, &options, 3)?;
/// println!("{}", model.gradients(&batch)?.iter().map(|(name, _)| name).collect::<Vec<_>>().join(", "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Recording {
    directory: PathBuf,
    /// The key frames, oldest first.
    frames: Vec<CheckpointFile>,
}

impl Recording {
    /// Opens the recording in a directory.
    ///
    /// # Errors
    /// Returns an error if there is no recording or the directory cannot be read.
    pub fn open(directory: impl Into<PathBuf>) -> Result<Self, TrainError> {
        let directory = directory.into();
        let mut frames = CheckpointFile::all(&directory)?;
        frames.retain(|frame| frame.steps == 0);
        match frames.is_empty() {
            true => Err(TrainError::Mismatch(format!(
                "{} contains no recording: train with the callback Recorder first",
                directory.display()
            ))),
            false => Ok(Self { directory, frames }),
        }
    }

    /// Returns the numbers of epochs after which there are key frames. 0 is the start of the run.
    pub fn key_frames(&self) -> impl Iterator<Item = usize> {
        self.frames.iter().map(|frame| frame.epochs)
    }

    /// Returns the file of the key frame after `epochs` epochs, or `None` if there is none.
    pub fn key_frame(&self, epochs: usize) -> Option<&Path> {
        self.frames.iter().find(|frame| frame.epochs == epochs).map(|frame| frame.path.as_path())
    }

    /// Brings a model to its state after `step` steps of the recorded run, counted from its epoch 0: a run with
    /// `initial_epoch(2)` starts after two epochs of steps.
    ///
    /// # Errors
    /// Returns an error if the recording belongs to another run, the run has fewer steps, or training fails.
    pub fn at<N: Network>(
        &self,
        step: u64,
        model: &mut Model<N>,
        samples: &Samples,
        options: &FitOptions,
        callbacks: &mut [&mut dyn Callback],
    ) -> Result<(), TrainError> {
        let (_, missed) = self.travel(&[step], model, samples, options, callbacks, None)?;
        reached(missed)
    }

    /// Repeats the recorded run from a step on, after a change of the model such as another learning rate. Returns
    /// the history of the complete run: the recorded epochs before the change, and the new epochs after it.
    ///
    /// # Errors
    /// Returns an error in the cases of [`at`](Self::at), and the errors of `change`.
    pub fn fork<N: Network>(
        &self,
        step: u64,
        model: &mut Model<N>,
        samples: &Samples,
        options: &FitOptions,
        callbacks: &mut [&mut dyn Callback],
        change: &mut Change,
    ) -> Result<History, TrainError> {
        let (history, missed) = self.travel(&[step], model, samples, options, callbacks, Some(change))?;
        reached(missed).map(|()| history)
    }

    /// Repeats the recorded run from the first of these steps to its end, and calls `look` with the model after each
    /// of the steps. The steps must be strictly increasing; steps beyond the end of the run are ignored. Returns the
    /// history of the complete run.
    ///
    /// ```
    /// # use burn::tensor::Device;
    /// # use kindling_data::{Column, Samples};
    /// # use kindling_models::{Sequential, activations::Linear};
    /// # use kindling_train::{Compile, FitOptions, Recording, callbacks::Recorder, losses::MeanSquaredError, optimizers::Sgd};
    /// # let folder = tempfile::tempdir()?;
    /// # let samples = Samples::new(Column::floats(vec![[1.0], [2.0]])?, Column::floats(vec![2.0, 4.0])?)?;
    /// # let network = Sequential::new(1).dense(1, Linear);
    /// # let compile = || network.clone().compile(Sgd::default(), MeanSquaredError, ()).on(&Device::flex());
    /// # let options = FitOptions::new().epochs(3).batch_size(1);
    /// # compile()?.fit_with(&samples, &options, &mut [&mut Recorder::new(folder.path())])?;
    /// let recording = Recording::open(folder.path())?;
    /// let mut losses = Vec::new();
    /// recording.visit(&[0, 2, 5], &mut compile()?, &samples, &options, &mut [], &mut |model| {
    ///     losses.extend(model.losses(&samples)?);
    ///     Ok(())
    /// })?;
    /// assert_eq!(losses.len(), 6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the steps are not strictly increasing, the recording belongs to another run, or training
    /// fails, and the errors of `look`.
    pub fn visit<N: Network>(
        &self,
        steps: &[u64],
        model: &mut Model<N>,
        samples: &Samples,
        options: &FitOptions,
        callbacks: &mut [&mut dyn Callback],
        look: &mut Change,
    ) -> Result<History, TrainError> {
        self.travel(steps, model, samples, options, callbacks, Some(look)).map(|(history, _)| history)
    }

    /// Resumes from the latest key frame before the first step, and calls `act` with the model at each of the steps.
    /// Without `act`, training ends at the last step. Returns the history of a completed run, and the first step that
    /// was not reached.
    fn travel<N: Network>(
        &self,
        steps: &[u64],
        model: &mut Model<N>,
        samples: &Samples,
        options: &FitOptions,
        callbacks: &mut [&mut dyn Callback],
        act: Option<&mut Change>,
    ) -> Result<(History, Option<u64>), TrainError> {
        if !steps.is_sorted_by(|a, b| a < b) {
            let remedy = "give them in increasing order, without duplicates";
            return Err(TrainError::argument("steps", format!("{steps:?}"), remedy));
        }
        let first = steps.first().copied().unwrap_or_default();
        let frame = self.frame_before(first, options.steps_per_epoch(samples)?)?;
        let ends = act.is_none();
        let mut travel = Travel::new(frame, steps, act);
        let mut called = with_room(callbacks);
        called.push(&mut travel);
        let history = match model.fit_with(samples, options, &mut called) {
            Err(TrainError::Interrupted { saved: None }) if ends && !interrupt::is_requested() => {
                Ok(History::default())
            }
            trained => trained,
        };
        Ok((history?, travel.missed()))
    }

    /// Returns the latest key frame at or before a step.
    fn frame_before(&self, step: u64, steps: usize) -> Result<&Path, TrainError> {
        let before = |frame: &&CheckpointFile| (frame.epochs as u64).saturating_mul(steps as u64) <= step;
        match self.frames.iter().rev().find(before) {
            Some(frame) => Ok(&frame.path),
            None => Err(TrainError::Mismatch(format!(
                "{} contains no key frame before step {step}: give a later step",
                self.directory.display()
            ))),
        }
    }
}

fn reached(missed: Option<u64>) -> Result<(), TrainError> {
    missed.map_or(Ok(()), |step| {
        Err(TrainError::argument("step", step, "the run has fewer steps; give a smaller step"))
    })
}
