//! Writes the loss and metrics of each epoch to a CSV file.

use std::{
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::create_directory_of;
use crate::{Callback, CallbackState, Logs, TrainError, Training};

/// Writes the loss and metrics to a CSV file, with a row after each epoch: Keras' `CSVLogger`. An existing file is
/// overwritten.
///
/// The columns are those of the first epoch, and those of the validation even if the first epoch has none. Missing
/// values are empty.
#[derive(Debug)]
pub struct CsvLogger {
    path: PathBuf,
    table: Option<(csv::Writer<File>, Vec<String>)>,
}

impl CsvLogger {
    /// Creates a callback that writes to `path`. The directory is created if it does not exist.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().into(), table: None }
    }

    fn write(&mut self, epoch: usize, logs: &Logs, validation: &[String]) -> std::io::Result<()> {
        let (table, names) = match &mut self.table {
            Some(table) => table,
            empty => {
                let mut table = csv::Writer::from_writer(File::create(&self.path)?);
                let mut names: Vec<String> = logs.iter().map(|(name, _)| name.to_owned()).collect();
                names.extend(validation.iter().filter(|name| logs.get(name).is_none()).cloned());
                table.write_record(std::iter::once("epoch").chain(names.iter().map(String::as_str)))?;
                empty.insert((table, names))
            }
        };
        let figures =
            names.iter().map(|name| logs.get(name).map_or(String::new(), |value| value.to_string()));
        table.write_record(std::iter::once((epoch + 1).to_string()).chain(figures))?;
        table.flush()
    }
}

/// The state in a checkpoint.
#[derive(Serialize, Deserialize)]
struct Written {
    names: Vec<String>,
    bytes: u64,
}

impl Callback for CsvLogger {
    fn observes(&self) -> bool {
        true
    }

    fn state(&self) -> Result<CallbackState, TrainError> {
        let written = |(table, names): &(csv::Writer<File>, Vec<String>)| {
            let bytes = table.get_ref().metadata()?.len();
            Ok(Written { names: names.clone(), bytes })
        };
        let written = self.table.as_ref().map(written).transpose();
        CallbackState::new(&written.map_err(TrainError::io(&self.path))?)
    }

    /// Truncates the file to the rows of the checkpoint, and continues it.
    fn set_state(&mut self, state: CallbackState) -> Result<(), TrainError> {
        let Some(Written { names, bytes }) = state.values()? else { return Ok(()) };
        let file = OpenOptions::new().append(true).open(&self.path).and_then(|file| {
            if file.metadata()?.len() < bytes {
                return Err(io::Error::other(
                    "it has fewer rows than at the checkpoint: restore the file, or start a new run",
                ));
            }
            file.set_len(bytes)?;
            Ok(file)
        });
        let file = file.map_err(TrainError::io(&self.path))?;
        self.table = Some((csv::Writer::from_writer(file), names));
        Ok(())
    }

    fn on_train_begin(&mut self, _training: &mut Training) -> Result<(), TrainError> {
        self.table = None;
        create_directory_of(&self.path)
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        let epoch = training.epoch;
        let logs = training.logs()?.clone();
        let validation = logs.iter().map(|(name, _)| format!("val_{name}"));
        let validation: Vec<String> = validation.filter(|name| training.reports(name)).collect();
        let written = self.write(epoch, &logs, &validation);
        written.map_err(TrainError::io(&self.path))
    }
}
