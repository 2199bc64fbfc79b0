//! Keeps what is needed to replay a training.

use std::path::PathBuf;

use super::backup_and_restore::{BackupAndRestore, delete, file_name};
use crate::{Callback, TrainError, Training};

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
            let frames = BackupAndRestore::checkpoints(&self.directory)?;
            let epochs = |frame: &PathBuf| BackupAndRestore::place(frame).map_or(0, |(epochs, _)| epochs);
            let first = frames.first().map_or(0, epochs);
            let sizes = frames.iter().filter_map(|path| Some(path.metadata().ok()?.len()));
            let (total, largest) =
                sizes.fold((0, 0), |(total, largest), size| (total + size, size.max(largest)));
            if total + largest <= self.budget || frames.len() <= 2 {
                return Ok(first);
            }
            self.every *= 2;
            for frame in frames {
                if !(epochs(&frame) - first).is_multiple_of(self.every) {
                    delete(frame)?;
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
        training.save_checkpoint(self.directory.join(file_name(training.epoch, 0)));
        Ok(())
    }

    fn on_epoch_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        if !std::mem::replace(&mut self.begun, true) {
            // Of an earlier run, or of the time after the state from which this one is resumed.
            for frame in BackupAndRestore::checkpoints(&self.directory)? {
                if BackupAndRestore::place(&frame).is_some_and(|(epochs, _)| epochs > training.epoch) {
                    delete(frame)?;
                }
            }
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        let first = self.thin_out()?;
        let epochs = training.epoch + 1;
        if (epochs - first.min(epochs)).is_multiple_of(self.every) {
            training.save_checkpoint(self.directory.join(file_name(epochs, 0)));
        }
        Ok(())
    }
}
