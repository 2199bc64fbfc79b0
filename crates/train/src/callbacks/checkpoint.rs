//! Saves the weights as training goes on.

use std::path::PathBuf;

use super::{Callback, Mode, Training, make_folder_of, monitor::Monitor};
use crate::{Logs, TrainError};

/// Saves the weights after each epoch, or after each one that is the best so far: Keras' `ModelCheckpoint`.
#[derive(Clone, Debug)]
pub struct ModelCheckpoint {
    path: PathBuf,
    best_of: Option<Monitor>,
    mode: Mode,
}

impl ModelCheckpoint {
    /// Saves to `path` after each epoch, in a folder that is made if it is not there.
    ///
    /// In the file's name, `{epoch}` becomes the epoch, from 1, and `{val_loss}` or another figure its value, with
    /// Python's formats: `weights-{epoch:02d}-{val_loss:.2f}.safetensors`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), best_of: None, mode: Mode::Auto }
    }

    /// Saves only when this figure of the history (`val_loss`) is better than ever before.
    pub fn save_best_only(self, monitor: &str) -> Self {
        Self { best_of: Some(Monitor::new(monitor)), ..self }
    }

    /// Which way is better; up for accuracies, down for everything else.
    pub fn mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }
}

impl Callback for ModelCheckpoint {
    fn on_train_begin(&mut self, _training: &mut Training) -> Result<(), TrainError> {
        make_folder_of(&self.path)
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        if let Some(monitor) = &mut self.best_of {
            monitor.mode = self.mode;
            let value = monitor.value("ModelCheckpoint", training.logs())?;
            if !monitor.improve(value) {
                return Ok(());
            }
        }
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let path = self.path.with_file_name(fill_in(&name, training.epoch + 1, training.logs())?);
        Ok(training.model().weights()?.save(path)?)
    }
}

/// Puts the epoch and the figures in place of `{name}` and `{name:format}`.
fn fill_in(pattern: &str, epoch: usize, logs: &Logs) -> Result<String, TrainError> {
    let mut filled = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let unknown = || {
            let remedy = "name {epoch}, {epoch:02d}, or a figure of the history such as {val_loss:.2f}";
            TrainError::argument("the checkpoint's name", pattern, remedy)
        };
        let (field, after) = after.split_once('}').ok_or_else(unknown)?;
        let (name, format) = field.split_once(':').unwrap_or((field, ""));
        let value = match name {
            "epoch" => {
                let width = format.strip_suffix('d').unwrap_or(format);
                let width = if width.is_empty() { 0 } else { width.parse().map_err(|_| unknown())? };
                format!("{epoch:0width$}")
            }
            figure => {
                let value = logs.get(figure).ok_or_else(unknown)?;
                match format.strip_prefix('.').and_then(|digits| digits.strip_suffix('f')) {
                    Some(digits) => format!("{value:.*}", digits.parse().map_err(|_| unknown())?),
                    None if format.is_empty() => value.to_string(),
                    None => return Err(unknown()),
                }
            }
        };
        filled = filled + before + &value;
        rest = after;
    }
    Ok(filled + rest)
}
