//! Keeps what is needed to replay a training.

use std::path::PathBuf;

use crate::{Callback, TrainError, Training, checkpoint_file::CheckpointFile};

/// Saves key frames of a training run to a directory: its state at the beginning and after epochs. A
/// [`Recording`](crate::Recording) of it returns the model at any step.
///
/// When the key frames take more than a budget, every other one is deleted, and only every other epoch gets one from then on. The
/// first one stays, and there are two at least. A run that begins anew replaces an earlier recording.
///
/// ```
/// use kindling_train::callbacks::Recorder;
///
/// let recorder = Recorder::new("run/recording").budget(64 << 20);
/// # let _ = recorder;
/// ```
#[derive(Clone, Debug)]
pub struct Recorder {
    directory: PathBuf,
    budget: u64,
    /// Epochs from one key frame to the next.
    every: usize,
    begun: bool,
}

impl Recorder {
    /// Records to `directory`, which is created if it does not exist.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), budget: 256 << 20, every: 1, begun: false }
    }

    /// Sets how many bytes the key frames may take; one more is written before others are deleted. Default: 256 MiB.
    pub fn budget(self, bytes: u64) -> Self {
        Self { budget: bytes, ..self }
    }

    /// Deletes every other key frame as long as all of them, and one more, take more than the budget. Returns the epochs before
    /// the first one.
    fn thin_out(&mut self) -> Result<usize, TrainError> {
        loop {
            let frames = CheckpointFile::all(&self.directory)?;
            let first = frames.first().map_or(0, |frame| frame.epochs);
            let sizes = frames.iter().filter_map(|frame| Some(frame.path.metadata().ok()?.len()));
            let (total, largest) =
                sizes.fold((0, 0), |(total, largest), size| (total + size, size.max(largest)));
            if total + largest <= self.budget || frames.len() <= 2 {
                return Ok(first);
            }
            self.every *= 2;
            for frame in frames {
                if !(frame.epochs - first).is_multiple_of(self.every) {
                    CheckpointFile::delete(&frame.path)?;
                }
            }
        }
    }
}

impl Callback for Recorder {
    fn observes(&self) -> bool {
        true
    }

    fn on_train_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        (self.every, self.begun) = (1, false);
        std::fs::create_dir_all(&self.directory).map_err(TrainError::io(&self.directory))?;
        training.save_checkpoint(CheckpointFile::new(&self.directory, training.epoch, 0).path);
        Ok(())
    }

    fn on_epoch_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        if !std::mem::replace(&mut self.begun, true) {
            // Of an earlier run, or of the time after the state from which this one is resumed.
            for frame in CheckpointFile::all(&self.directory)? {
                if frame.epochs > training.epoch {
                    CheckpointFile::delete(&frame.path)?;
                }
            }
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        let first = self.thin_out()?;
        let epochs = training.epoch + 1;
        if (epochs - first.min(epochs)).is_multiple_of(self.every) {
            training.save_checkpoint(CheckpointFile::new(&self.directory, epochs, 0).path);
        }
        Ok(())
    }
}
