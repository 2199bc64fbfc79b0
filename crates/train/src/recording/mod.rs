//! Recorded trainings: the model at any step.

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

/// A training that a [`Recorder`](crate::callbacks::Recorder) has recorded.
///
/// Everything random has an address, so that a step is repeated to the last bit: the training is resumed from the latest key
/// frame before it. The model, samples, options and callbacks that are given are those of the recorded training; others are
/// refused, and the error names the difference. Callbacks that only observe may be left out.
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
    /// Oldest first.
    frames: Vec<CheckpointFile>,
}

impl Recording {
    /// Opens the recording in a directory.
    ///
    /// # Errors
    /// When there is none, or the directory cannot be read.
    pub fn open(directory: impl Into<PathBuf>) -> Result<Self, TrainError> {
        let directory = directory.into();
        let mut frames = CheckpointFile::all(&directory)?;
        frames.retain(|frame| frame.steps == 0);
        match frames.is_empty() {
            true => Err(TrainError::Mismatch(format!(
                "{} holds no recording: train with the callback Recorder first",
                directory.display()
            ))),
            false => Ok(Self { directory, frames }),
        }
    }

    /// Returns the epochs after which there is a key frame; 0 is the beginning.
    pub fn key_frames(&self) -> impl Iterator<Item = usize> {
        self.frames.iter().map(|frame| frame.epochs)
    }

    /// Returns the file of the key frame after so many epochs, if there is one.
    pub fn key_frame(&self, epochs: usize) -> Option<&Path> {
        self.frames.iter().find(|frame| frame.epochs == epochs).map(|frame| frame.path.as_path())
    }

    /// Brings a model to its state after so many steps of the recorded training.
    ///
    /// # Errors
    /// When the training was another one, has fewer steps, or fails.
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

    /// Repeats the recorded training from a step on, with a change of the model, such as another learning rate. Returns the
    /// history of the whole training, of which the epochs before the change are as they were.
    ///
    /// # Errors
    /// As [`at`](Self::at), and those of `change`.
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

    /// Repeats the recorded training from the first of these steps to its end, in one pass, and calls `look` with the model as it
    /// was after so many steps. The steps are in ascending order, each given once; those that the training does not have are left
    /// out. Returns the history of the whole training.
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
    /// When the steps are in another order, the training was another one, or fails, and those of `look`.
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

    /// Resumes from the latest key frame before the first of some steps, and calls `act` with the model at each. Without it, ends
    /// the training at the last one. Returns the history of a training that went on to its end, and the first of the steps that it
    /// has not reached.
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
            let remedy = "give them in ascending order, each once";
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

    /// Returns the latest key frame that is not after a step.
    fn frame_before(&self, step: u64, steps: usize) -> Result<&Path, TrainError> {
        let before = |frame: &&CheckpointFile| (frame.epochs as u64).saturating_mul(steps as u64) <= step;
        match self.frames.iter().rev().find(before) {
            Some(frame) => Ok(&frame.path),
            None => Err(TrainError::Mismatch(format!(
                "{} holds no state before step {step}",
                self.directory.display()
            ))),
        }
    }
}

fn reached(missed: Option<u64>) -> Result<(), TrainError> {
    missed.map_or(Ok(()), |step| Err(TrainError::argument("step", step, "the training has fewer")))
}
