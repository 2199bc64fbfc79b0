//! Saves the weights as training goes on.

use std::path::PathBuf;

use super::{Callback, Mode, Training, monitor::Monitor};
use crate::TrainError;

/// Saves the weights after each epoch, or after each one that is the best so far: Keras' `ModelCheckpoint`.
#[derive(Clone, Debug)]
pub struct ModelCheckpoint {
    path: PathBuf,
    best_of: Option<Monitor>,
}

impl ModelCheckpoint {
    /// Saves to `path` after each epoch. `{epoch}` in the file's name becomes the epoch, from 1.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), best_of: None }
    }

    /// Saves only when this figure of the history (`val_loss`) is better than ever before.
    pub fn save_best_only(self, monitor: &str) -> Self {
        Self { best_of: Some(Monitor::new(monitor)), ..self }
    }

    /// Which way is better; up for accuracies, down for everything else.
    pub fn mode(mut self, mode: Mode) -> Self {
        if let Some(monitor) = &mut self.best_of {
            monitor.mode = mode;
        }
        self
    }
}

impl Callback for ModelCheckpoint {
    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        if let Some(monitor) = &mut self.best_of {
            let value = monitor.value("ModelCheckpoint", training.logs())?;
            if !monitor.improve(value) {
                return Ok(());
            }
        }
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let path = self.path.with_file_name(name.replace("{epoch}", &(training.epoch + 1).to_string()));
        Ok(training.model().weights().save(path)?)
    }
}
