//! The record of a training run.

use std::{io::Write, path::Path};

use kindling_data::files::write_whole;
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{Logs, TrainError};

/// Every figure of every epoch, under Keras' names: `loss`, `accuracy`, `val_loss`, `val_accuracy`.
#[derive(Clone, Debug, Default)]
pub struct History {
    series: Vec<(String, Vec<f64>)>,
    epoch_seconds: Vec<f64>,
}

impl History {
    /// The figures of one name, one an epoch; empty when there are none of that name.
    pub fn get(&self, name: &str) -> &[f64] {
        self.series.iter().find(|(own, _)| own == name).map_or(&[], |(_, values)| values)
    }

    /// Names and figures, in the order in which they are reported.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[f64])> {
        self.series.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }

    /// Number of epochs.
    pub fn epochs(&self) -> usize {
        self.epoch_seconds.len()
    }

    /// How long each epoch took, validation and callbacks included. Not part of the exported files, which are the
    /// same for the same seed.
    pub fn epoch_seconds(&self) -> &[f64] {
        &self.epoch_seconds
    }

    /// Writes `{"loss": [..], "accuracy": [..], ...}`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save_json(&self, path: impl AsRef<Path>) -> Result<(), TrainError> {
        let path = path.as_ref();
        write_whole(path, |file| {
            serde_json::to_writer_pretty(&mut *file, self)?;
            writeln!(file)
        })
        .map_err(TrainError::io(path))
    }

    /// Writes a row for each epoch (from 1), a column for each figure.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save_csv(&self, path: impl AsRef<Path>) -> Result<(), TrainError> {
        let path = path.as_ref();
        write_whole(path, |file| {
            let mut table = csv::Writer::from_writer(file);
            table.write_record(std::iter::once("epoch").chain(self.iter().map(|(name, _)| name)))?;
            for epoch in 0..self.epochs() {
                let figures = self.iter().map(|(_, values)| match values[epoch] {
                    value if value.is_nan() => String::new(),
                    value => value.to_string(),
                });
                table.write_record(std::iter::once((epoch + 1).to_string()).chain(figures))?;
            }
            table.flush()
        })
        .map_err(TrainError::io(path))
    }

    /// Adds an epoch. A figure that an epoch does not have is NaN there: null in JSON, empty in CSV.
    pub(crate) fn push(&mut self, logs: &Logs, seconds: f64) {
        for (name, _) in logs.iter() {
            if self.series.iter().all(|(own, _)| own != name) {
                self.series.push((name.to_owned(), vec![f64::NAN; self.epochs()]));
            }
        }
        for (name, values) in &mut self.series {
            values.push(logs.get(name).unwrap_or(f64::NAN));
        }
        self.epoch_seconds.push(seconds);
    }
}

/// Equal where the figures are, whatever time they took.
impl PartialEq for History {
    fn eq(&self, other: &Self) -> bool {
        self.series == other.series
    }
}

impl Serialize for History {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.series.len()))?;
        for (name, values) in self.iter() {
            map.serialize_entry(name, values)?;
        }
        map.end()
    }
}

/// A table: one row an epoch.
impl std::fmt::Display for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "epoch")?;
        for (name, _) in self.iter() {
            write!(f, "  {name:>12}")?;
        }
        for epoch in 0..self.epochs() {
            write!(f, "\n{:>5}", epoch + 1)?;
            for (name, values) in self.iter() {
                write!(f, "  {:>width$.4}", values[epoch], width = name.len().max(12))?;
            }
        }
        Ok(())
    }
}
