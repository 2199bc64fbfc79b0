//! Writes each epoch's figures to a file as soon as it is over.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use super::{Callback, Training, make_folder_of};
use crate::TrainError;

/// Writes a row an epoch: Keras' `CSVLogger`. An existing file is written anew.
///
/// The columns are the first epoch's figures; a later epoch that lacks one leaves it empty.
#[derive(Debug)]
pub struct CsvLogger {
    path: PathBuf,
    table: Option<(csv::Writer<File>, Vec<String>)>,
}

impl CsvLogger {
    /// Writes to `path`, in a folder that is made if it is not there.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().into(), table: None }
    }

    fn write(&mut self, training: &Training) -> std::io::Result<()> {
        let logs = training.logs();
        let (table, names) = match &mut self.table {
            Some(table) => table,
            empty => {
                let mut table = csv::Writer::from_writer(File::create(&self.path)?);
                let names: Vec<String> = logs.iter().map(|(name, _)| name.to_owned()).collect();
                table.write_record(std::iter::once("epoch").chain(names.iter().map(String::as_str)))?;
                empty.insert((table, names))
            }
        };
        let figures =
            names.iter().map(|name| logs.get(name).map_or(String::new(), |value| value.to_string()));
        table.write_record(std::iter::once((training.epoch + 1).to_string()).chain(figures))?;
        table.flush()
    }
}

impl Callback for CsvLogger {
    fn on_train_begin(&mut self, _training: &mut Training) -> Result<(), TrainError> {
        self.table = None;
        make_folder_of(&self.path)
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.write(training).map_err(TrainError::io(&self.path))
    }
}
