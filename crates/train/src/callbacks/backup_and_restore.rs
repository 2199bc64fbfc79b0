//! Saves the state of a training run, and resumes an interrupted run.

use std::path::{Path, PathBuf};

use kindling_data::files::{STALE, remove_stale};
use kindling_models::keras_file::KerasFile;

use crate::{Callback, TrainError, Training, checkpoint_file::CheckpointFile, interrupt};

/// The frequency at which a [`BackupAndRestore`] saves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveFreq {
    /// After every n-th epoch.
    Epochs(usize),
    /// After every n-th step, counted from the start of training, and after each epoch.
    Steps(usize),
    /// Only after the last epoch. If training is stopped early, the callback that stops it must be called before this
    /// one. Useful for one of several runs.
    Finished,
    /// Only when training is interrupted.
    Interrupted,
    /// Never, not even when training is interrupted.
    Never,
}

/// Saves the state of the training run to a directory, and resumes from there when the same run is started again:
/// Keras' `BackupAndRestore`. On the same machine and backend, a run that was interrupted and resumed in another
/// process gives results identical to those of an uninterrupted run.
///
/// A checkpoint is a file `checkpoint-EPOCHS-STEPS.keras`, named by the numbers of completed epochs and of steps in
/// the next epoch. It contains the model, which [`Model::load`](crate::Model::load) opens, the optimizer state, the
/// history and the state of all callbacks. It also contains the network, the compile settings, the options of `fit`,
/// and a hash of the data. If one of these differs, it is an error to resume; only the number of epochs may be
/// larger.
///
/// Files are written atomically. When training is [interrupted](crate::interrupt), a checkpoint is written after the
/// current step.
///
/// ```
/// use kindling_train::callbacks::{BackupAndRestore, SaveFreq};
///
/// let backup = BackupAndRestore::new("run/checkpoints").save_freq(SaveFreq::Steps(500)).keep(3);
/// # let _ = backup;
/// ```
#[derive(Clone, Debug)]
pub struct BackupAndRestore {
    directory: PathBuf,
    save_freq: SaveFreq,
    keep: usize,
    restore: bool,
    delete_checkpoint: bool,
    /// Checkpoints of this run, oldest first.
    written: Vec<PathBuf>,
    /// Checkpoints of earlier runs.
    earlier: Vec<PathBuf>,
}

impl BackupAndRestore {
    /// Creates a callback that saves to `directory` after each epoch, and resumes from the latest checkpoint in it,
    /// if there is one. The directory is created if it does not exist.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            save_freq: SaveFreq::Epochs(1),
            keep: 1,
            restore: true,
            delete_checkpoint: true,
            written: Vec::new(),
            earlier: Vec::new(),
        }
    }

    /// Sets the frequency at which to save. Default: `SaveFreq::Epochs(1)`.
    pub fn save_freq(self, save_freq: SaveFreq) -> Self {
        Self { save_freq, ..self }
    }

    /// Sets the number of latest checkpoints to keep. Default: 1.
    pub fn keep(self, keep: usize) -> Self {
        Self { keep, ..self }
    }

    /// Sets whether to resume from a checkpoint. With `false`, existing checkpoints are deleted when the run saves
    /// its first checkpoint. Default: true.
    pub fn restore(self, restore: bool) -> Self {
        Self { restore, ..self }
    }

    /// Sets whether to delete the checkpoints at the end of an uninterrupted run. Default: true.
    pub fn delete_checkpoint(self, delete_checkpoint: bool) -> Self {
        Self { delete_checkpoint, ..self }
    }

    /// Returns the checkpoints in a directory, ordered by training progress. Empty if the directory does not exist.
    ///
    /// # Errors
    /// Returns an error if the directory cannot be read.
    pub fn checkpoints(directory: impl AsRef<Path>) -> Result<Vec<PathBuf>, TrainError> {
        let files = CheckpointFile::all(directory.as_ref())?;
        Ok(files.into_iter().map(|file| file.path).collect())
    }

    fn is_interrupted(&self) -> bool {
        self.save_freq != SaveFreq::Never && interrupt::is_requested()
    }

    /// Checks that the latest checkpoint can be read.
    fn check(&self, latest: &Path) -> Result<(), TrainError> {
        let Err(error) = KerasFile::read(latest) else { return Ok(()) };
        let remedy = match self.written.iter().rev().nth(1) {
            Some(before) => format!("delete it to resume from {}", before.display()),
            None => "delete it to start a new run".into(),
        };
        Err(TrainError::Mismatch(format!("{error}; {remedy}")))
    }

    fn save(&mut self, training: &mut Training, epochs: usize, steps: usize) -> Result<(), TrainError> {
        std::fs::create_dir_all(&self.directory).map_err(TrainError::io(&self.directory))?;
        training.save_checkpoint(CheckpointFile::new(&self.directory, epochs, steps).path);
        Ok(())
    }
}

impl Callback for BackupAndRestore {
    /// Deletes all but the latest checkpoints, and those of earlier runs.
    fn on_checkpoint_saved(&mut self, path: &Path) -> Result<(), TrainError> {
        if path.parent() != Some(&self.directory) {
            return Ok(());
        }
        self.written.retain(|own| own != path);
        self.written.push(path.into());
        self.earlier.retain(|own| own != path);
        let surplus = self.written.len().saturating_sub(self.keep.max(1));
        self.earlier
            .drain(..)
            .chain(self.written.drain(..surplus))
            .try_for_each(|path| CheckpointFile::delete(&path))
    }

    fn observes(&self) -> bool {
        true
    }

    fn on_train_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        if matches!(self.save_freq, SaveFreq::Epochs(0) | SaveFreq::Steps(0)) {
            return Err(TrainError::argument("save_freq", 0, "give at least 1"));
        }
        remove_stale(&self.directory, STALE);
        self.earlier = Self::checkpoints(&self.directory)?;
        self.written.clear();
        if self.restore {
            // If they belong to another run, resuming returns an error.
            self.written = std::mem::take(&mut self.earlier);
            if let Some(latest) = self.written.last() {
                self.check(latest)?;
                training.resume_from(latest);
            }
        }
        Ok(())
    }

    fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        let steps = training.epoch * training.steps + training.step;
        let due = matches!(self.save_freq, SaveFreq::Steps(every) if steps.is_multiple_of(every));
        if due || self.is_interrupted() {
            let (epoch, step) = (training.epoch, training.step);
            self.save(training, epoch, step)?;
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        let epochs = training.epoch + 1;
        let due = match self.save_freq {
            SaveFreq::Epochs(every) => epochs.is_multiple_of(every),
            SaveFreq::Steps(_) => true,
            SaveFreq::Finished => epochs == training.epochs || training.is_stopping(),
            SaveFreq::Interrupted | SaveFreq::Never => false,
        };
        if due || self.is_interrupted() {
            self.save(training, epochs, 0)?;
        }
        Ok(())
    }

    fn on_train_end(&mut self, _: &mut Training) -> Result<(), TrainError> {
        if self.delete_checkpoint {
            self.written.drain(..).try_for_each(|path| CheckpointFile::delete(&path))?;
        }
        Ok(())
    }
}
