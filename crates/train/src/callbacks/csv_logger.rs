//! Writes each epoch's figures to a file as soon as it is over.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use super::{Callback, Training};
use crate::TrainError;

/// Writes a row an epoch: Keras' `CSVLogger`. An existing file is written anew.
#[derive(Debug)]
pub struct CsvLogger {
    path: PathBuf,
    table: Option<csv::Writer<File>>,
}

impl CsvLogger {
    /// Writes to `path`.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().into(), table: None }
    }

    fn write(&mut self, training: &Training) -> std::io::Result<()> {
        let logs = training.logs();
        let table = match &mut self.table {
            Some(table) => table,
            empty => {
                let mut table = csv::Writer::from_writer(File::create(&self.path)?);
                table.write_record(std::iter::once("epoch").chain(logs.iter().map(|(name, _)| name)))?;
                empty.insert(table)
            }
        };
        let figures = logs.iter().map(|(_, value)| value.to_string());
        table.write_record(std::iter::once((training.epoch + 1).to_string()).chain(figures))?;
        table.flush()
    }
}

impl Callback for CsvLogger {
    fn on_train_begin(&mut self, _training: &mut Training) -> Result<(), TrainError> {
        self.table = None;
        Ok(())
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.write(training).map_err(TrainError::io(&self.path))
    }
}
