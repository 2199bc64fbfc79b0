//! Saves the weights during training.

use std::path::PathBuf;

use super::{
    create_directory_of,
    monitor::{BestSoFar, Monitor},
};
use crate::{Callback, CallbackState, Logs, TrainError, Training, metrics::Direction};

/// Saves the weights after each epoch, or only after epochs that are the best so far: Keras' `ModelCheckpoint`.
///
/// ```
/// use kindling_train::callbacks::ModelCheckpoint;
///
/// let best = ModelCheckpoint::new("best.safetensors").save_best_only("val_loss");
/// let all = ModelCheckpoint::new("weights-{epoch:02d}-{val_loss:.2f}.safetensors");
/// # let _ = (best, all);
/// ```
#[derive(Clone, Debug)]
pub struct ModelCheckpoint {
    path: PathBuf,
    best_of: Option<Monitor>,
    mode: Option<Direction>,
}

impl ModelCheckpoint {
    /// Creates a callback that saves to `path` after each epoch. The directory is created if it does not exist.
    ///
    /// In the file name, `{epoch}` is replaced by the epoch, counted from 1, and the name of a metric, such as
    /// `{val_loss}`, by its value. Python's formats are supported: `weights-{epoch:02d}-{val_loss:.2f}.safetensors`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), best_of: None, mode: None }
    }

    /// Saves only if this metric (such as `val_loss`) is better than in all earlier epochs. Default: saves after each
    /// epoch.
    pub fn save_best_only(self, monitor: &str) -> Self {
        Self { best_of: Some(Monitor::new(monitor)), ..self }
    }

    /// Sets whether lower or higher values of the metric are better. Required for values that a callback logs.
    /// Default: the direction of the loss or metric.
    pub fn mode(self, mode: Direction) -> Self {
        Self { mode: Some(mode), ..self }
    }
}

impl Callback for ModelCheckpoint {
    fn observes(&self) -> bool {
        true
    }

    fn on_train_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        if let Some(monitor) = &mut self.best_of {
            monitor.mode = self.mode;
            monitor.direction("ModelCheckpoint", training)?;
        }
        create_directory_of(&self.path)
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        if let Some(monitor) = &mut self.best_of {
            let Some(value) = monitor.value("ModelCheckpoint", training)? else { return Ok(()) };
            let direction = monitor.direction("ModelCheckpoint", training)?;
            if !monitor.improve(value, direction) {
                return Ok(());
            }
        }
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let epoch = training.epoch + 1;
        let path = self.path.with_file_name(fill_in(&name, epoch, training.logs()?)?);
        Ok(training.model().weights()?.save(path)?)
    }

    fn state(&self) -> Result<CallbackState, TrainError> {
        CallbackState::new(&self.best_of.as_ref().map(Monitor::best))
    }

    fn set_state(&mut self, state: CallbackState) -> Result<(), TrainError> {
        let best: Option<BestSoFar> = state.values()?;
        if let (Some(monitor), Some(BestSoFar { best })) = (&mut self.best_of, best) {
            monitor.best = best;
        }
        Ok(())
    }
}

/// Replaces `{name}` and `{name:format}` by the epoch and the values of metrics.
fn fill_in(pattern: &str, epoch: usize, logs: &Logs) -> Result<String, TrainError> {
    let mut filled = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let unknown = || {
            let remedy = "use {epoch}, {epoch:02d}, or a metric of the history such as {val_loss:.2f}";
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
