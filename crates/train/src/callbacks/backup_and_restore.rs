//! Saves the state of a training run, and continues one that was interrupted.

use std::path::{Path, PathBuf};

use kindling_data::files::{STALE, remove_stale};
use kindling_models::keras_file::KerasFile;

use crate::{Callback, TrainError, Training, checkpoint_file::CheckpointFile, interrupt};

/// How often a [`BackupAndRestore`] saves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveFreq {
    /// After every so many epochs.
    Epochs(usize),
    /// After every so many steps, counted from the beginning of the training, and after each epoch.
    Steps(usize),
    /// After the last epoch, if no callback that is called later ends the training sooner: for one of several trainings.
    Finished,
    /// Only when the training is interrupted.
    Interrupted,
    /// Not even then.
    Never,
}

/// Saves the state of the training run to a directory, and continues from there when the same run is begun again: Keras'
/// `BackupAndRestore`. A run that was interrupted and resumed, in another process, gives the same bytes as one that was not.
///
/// A checkpoint is a file `checkpoint-EPOCHS-STEPS.keras`, after so many epochs and steps of the next one. It holds the model,
/// which [`Model::load`](crate::Model::load) opens, the optimizer's state, the history, the state of all callbacks, and what
/// tells the run from others: the network, what it was compiled with, the options of `fit`, and a hash of the data. A run
/// with another of these is refused with an error that names the difference; more epochs may be asked for.
///
/// Each file is written whole or not at all. When training is [interrupted](crate::interrupt), a checkpoint is written after
/// the present step.
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
    /// The checkpoints of this run, oldest first.
    written: Vec<PathBuf>,
    /// Those that were there before.
    earlier: Vec<PathBuf>,
}

impl BackupAndRestore {
    /// Saves to `directory` after each epoch, and continues from the latest checkpoint in it, if there is one. The directory is
    /// created if it does not exist.
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

    /// Sets how often to save. Default: after each epoch.
    pub fn save_freq(self, save_freq: SaveFreq) -> Self {
        Self { save_freq, ..self }
    }

    /// Sets how many of the latest checkpoints are kept. Default: 1.
    pub fn keep(self, keep: usize) -> Self {
        Self { keep, ..self }
    }

    /// Sets whether to continue from a checkpoint. A run that does not replaces those that it finds with its own first one.
    /// Default: true.
    pub fn restore(self, restore: bool) -> Self {
        Self { restore, ..self }
    }

    /// Sets whether the checkpoints are deleted at the end of a training that was not interrupted. Default: true.
    pub fn delete_checkpoint(self, delete_checkpoint: bool) -> Self {
        Self { delete_checkpoint, ..self }
    }

    /// Returns the checkpoints in a directory, those with fewest steps first; none if there is no such directory.
    ///
    /// # Errors
    /// When the directory cannot be read.
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
            None => "delete it to begin anew".into(),
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
    /// Deletes the checkpoints that are not among the latest, and those of other runs.
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
            // They are of this run, or it is refused.
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
