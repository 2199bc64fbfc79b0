//! The history of a training run.

use std::{io::Write, path::Path};

use kindling_data::files::write_whole;
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

use super::Logs;
use crate::{
    TrainError,
    metrics::{Best, Direction},
};

/// The loss and metrics of every epoch, with Keras' names: `loss`, `accuracy`, `val_loss`, `val_accuracy`.
///
/// ```
/// # use burn::tensor::Device;
/// # use kindling_data::{Column, Samples};
/// # use kindling_models::{Sequential, activations::Linear};
/// # use kindling_train::{Compile, FitOptions, losses::MeanSquaredError, metrics::Mae, optimizers::Sgd};
/// # let samples = Samples::new(Column::floats([[1.0], [2.0]])?, Column::floats([2.0, 4.0])?)?;
/// # let network = Sequential::new(1).dense(1, Linear);
/// # let mut model = network.compile(Sgd::new(0.1), MeanSquaredError, [Mae]).on(&Device::flex())?;
/// let history = model.fit(&samples, &FitOptions::new().epochs(3).validation_split(0.5))?;
/// let curve: &[f64] = history.get("val_mae");
/// let best = history.best("val_mae").expect("a metric of the model");
/// assert_eq!(curve[best.epoch - 1], best.value);
/// # Ok::<(), kindling_train::TrainError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct History {
    series: Vec<(String, Vec<f64>)>,
    /// The directions of the loss and metrics that the model reports, without the prefix `val_`.
    directions: Vec<(String, Direction)>,
    epoch_seconds: Vec<f64>,
}

/// The serialized values of one metric.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Series {
    pub name: String,
    #[serde(with = "crate::exact::list")]
    pub values: Vec<f64>,
}

impl History {
    pub(super) fn new(directions: Vec<(String, Direction)>) -> Self {
        Self { directions, ..Self::default() }
    }

    /// Returns the values of a metric, `[epochs]`, or an empty slice if there is none of this name. An epoch without
    /// the metric has NaN.
    pub fn get(&self, name: &str) -> &[f64] {
        self.series.iter().find(|(own, _)| own == name).map_or(&[], |(_, values)| values)
    }

    /// Returns whether lower or higher values of a metric are better, or `None` for a value that a callback has added.
    pub fn direction(&self, name: &str) -> Option<Direction> {
        direction_of(&self.directions, name)
    }

    /// Returns the best value of a metric and its epoch, or `None` if the metric or its direction is unknown.
    pub fn best(&self, name: &str) -> Option<Best> {
        Best::of(self.get(name), self.direction(name)?)
    }

    /// Returns the names and values of all metrics, in the order in which they are reported.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[f64])> {
        self.series.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }

    /// Returns the number of epochs.
    pub fn epochs(&self) -> usize {
        self.epoch_seconds.len()
    }

    /// Returns the duration of each epoch in seconds, including validation and callbacks. Exported files omit
    /// durations, so that they are identical for the same seed, machine and backend.
    pub fn epoch_seconds(&self) -> &[f64] {
        &self.epoch_seconds
    }

    /// Writes the history as JSON: `{"loss": [..], "accuracy": [..], ...}`. Missing values are `null`.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn save_json(&self, path: impl AsRef<Path>) -> Result<(), TrainError> {
        let path = path.as_ref();
        write_whole(path, |file| {
            serde_json::to_writer_pretty(&mut *file, self)?;
            writeln!(file)
        })
        .map_err(TrainError::io(path))
    }

    /// Writes the history as CSV, with one row per epoch (counted from 1) and one column per metric. Missing values
    /// are empty.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
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

    /// Returns the values to save in a checkpoint.
    pub(super) fn series(&self) -> Vec<Series> {
        self.iter().map(|(name, values)| Series { name: name.into(), values: values.into() }).collect()
    }

    /// Restores the epochs before the interruption of a training run.
    pub(super) fn restore(&mut self, series: &[Series], epoch_seconds: &[f64]) {
        self.series = series.iter().map(|series| (series.name.clone(), series.values.clone())).collect();
        self.epoch_seconds = epoch_seconds.into();
    }

    /// Appends an epoch. Metrics missing from an epoch are stored as NaN.
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

/// Returns the direction of a metric, whose name may have the prefix `val_`.
pub(super) fn direction_of(directions: &[(String, Direction)], name: &str) -> Option<Direction> {
    let name = name.strip_prefix("val_").unwrap_or(name);
    directions.iter().find(|(own, _)| own == name).map(|(_, direction)| *direction)
}

/// Compares the values of all metrics. Durations are ignored, and missing values are equal to each other.
impl PartialEq for History {
    fn eq(&self, other: &Self) -> bool {
        let same = |(own, other): (&f64, &f64)| own == other || (own.is_nan() && other.is_nan());
        self.series.len() == other.series.len()
            && self.iter().zip(other.iter()).all(|((name, own), (other_name, other))| {
                name == other_name && own.len() == other.len() && own.iter().zip(other).all(same)
            })
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

/// Formats the history as a table with one row per epoch.
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
