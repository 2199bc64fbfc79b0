//! Named figures of an epoch or an evaluation.

use super::history::Series;
use crate::TrainError;

/// Figures by name, in the order in which they are reported: `loss`, then the metrics.
///
/// ```
/// # use burn::tensor::Device;
/// # use kindling_data::{Column, Samples};
/// # use kindling_models::{Sequential, activations::Linear};
/// # use kindling_train::{Compile, FitOptions, losses::MeanSquaredError, metrics::Mae, optimizers::Sgd};
/// # let samples = Samples::new(Column::floats([[1.0], [2.0]])?, Column::floats([2.0, 4.0])?)?;
/// # let network = Sequential::new(1).dense(1, Linear);
/// # let mut model = network.compile(Sgd::new(0.1), MeanSquaredError, [Mae]).on(&Device::flex())?;
/// let logs = model.evaluate(&samples)?;
/// println!("{logs}");
/// assert_eq!(logs.get("mae"), Some(logs.require("mae")?));
/// assert!(logs.require("auc").unwrap_err().to_string().contains("mae"));
/// # Ok::<(), kindling_train::TrainError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logs(Vec<(String, f64)>);

impl Logs {
    /// Returns the figure of a name: `loss`, `accuracy`, `val_mae`, ...
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| *value)
    }

    /// As [`get`](Self::get), with an error that lists the figures there are.
    ///
    /// # Errors
    /// When there is no figure of that name.
    pub fn require(&self, name: &str) -> Result<f64, TrainError> {
        self.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.iter().map(|(name, _)| name).collect();
            TrainError::Mismatch(format!("no figure is named {name:?}: there are {}", names.join(", ")))
        })
    }

    /// Returns the loss, if there is one.
    pub fn loss(&self) -> Option<f64> {
        self.get("loss")
    }

    /// Returns the figure named `accuracy`, if there is one.
    pub fn accuracy(&self) -> Option<f64> {
        self.get("accuracy")
    }

    /// Returns names and figures.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// Returns what is saved with a training run.
    pub(super) fn series(&self) -> Vec<Series> {
        self.iter().map(|(name, value)| Series { name: name.into(), values: vec![value] }).collect()
    }

    /// Returns the figures that were saved.
    pub(super) fn of(series: &[Series]) -> Self {
        let figures = series.iter().filter_map(|series| Some((series.name.clone(), *series.values.first()?)));
        Self(figures.collect())
    }

    /// Replaces the figures that the model reports, and keeps those that callbacks have added after them.
    pub(super) fn update(&mut self, reported: Self) {
        let added = std::mem::replace(self, reported);
        for (name, value) in added.0 {
            if self.get(&name).is_none() {
                self.set(name, value);
            }
        }
    }

    /// Adds a figure, or replaces the one of that name.
    pub(crate) fn set(&mut self, name: impl Into<String>, value: f64) {
        let name = name.into();
        match self.0.iter_mut().find(|(own, _)| *own == name) {
            Some((_, own)) => *own = value,
            None => self.0.push((name, value)),
        }
    }
}

/// `loss: 0.2577 - accuracy: 0.9245`, as Keras prints it.
impl std::fmt::Display for Logs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, (name, value)) in self.iter().enumerate() {
            let separator = if i == 0 { "" } else { " - " };
            match value.abs() {
                size if size >= 1e-3 || size == 0.0 => write!(f, "{separator}{name}: {value:.4}")?,
                _ => write!(f, "{separator}{name}: {value:.4e}")?,
            }
        }
        Ok(())
    }
}
