//! Records a training run for replay.

use std::path::PathBuf;

use crate::{Callback, TrainError, Training, checkpoint_file::CheckpointFile};

/// Saves key frames of a training run to a directory: checkpoints at the start and after epochs. A
/// [`Recording`](crate::Recording) then gives access to the model at any step.
///
/// When the key frames exceed a size budget, every second one is deleted, and from then on only every second epoch is
/// saved, and so on. The first key frame is always kept, and at least two remain. A new run replaces an earlier
/// recording.
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
    /// Number of epochs between key frames.
    every: usize,
    /// Epoch at which the run starts.
    start: usize,
    begun: bool,
}

impl Recorder {
    /// Creates a callback that records to `directory`. The directory is created if it does not exist.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), budget: 256 << 20, every: 1, start: 0, begun: false }
    }

    /// Sets the maximum total size of the key frames, in bytes. Default: 256 MiB.
    pub fn budget(self, bytes: u64) -> Self {
        Self { budget: bytes, ..self }
    }

    /// Deletes every second key frame until all of them and one more fit in the budget. Returns the number of epochs
    /// before the first one.
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
        (self.every, self.start, self.begun) = (1, training.epoch, false);
        std::fs::create_dir_all(&self.directory).map_err(TrainError::io(&self.directory))?;
        training.save_checkpoint(CheckpointFile::new(&self.directory, training.epoch, 0).path);
        Ok(())
    }

    fn on_epoch_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        if !std::mem::replace(&mut self.begun, true) {
            // Delete key frames of an earlier run, or of epochs after the checkpoint from which this run is resumed.
            for frame in CheckpointFile::all(&self.directory)? {
                if !(self.start..=training.epoch).contains(&frame.epochs) {
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
