//! The loss and metrics of an epoch or an evaluation.

use super::history::Series;
use crate::TrainError;

/// The loss and metrics by name, in the order in which they are reported: `loss` first. Keras calls this `logs`.
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
    /// Returns the value of this name, such as `loss`, `accuracy` or `val_mae`, or `None` if there is none.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| *value)
    }

    /// Returns the value of this name.
    ///
    /// # Errors
    /// Returns an error that lists the available names if there is no value of this name.
    pub fn require(&self, name: &str) -> Result<f64, TrainError> {
        self.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.iter().map(|(name, _)| name).collect();
            TrainError::Mismatch(format!("no metric is named {name:?}: use one of {}", names.join(", ")))
        })
    }

    /// Returns the value named `loss`, or `None` if there is none.
    pub fn loss(&self) -> Option<f64> {
        self.get("loss")
    }

    /// Returns the value named `accuracy`, or `None` if there is none.
    pub fn accuracy(&self) -> Option<f64> {
        self.get("accuracy")
    }

    /// Returns all names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// Returns the values to save in a checkpoint.
    pub(super) fn series(&self) -> Vec<Series> {
        self.iter().map(|(name, value)| Series { name: name.into(), values: vec![value] }).collect()
    }

    /// Restores saved values.
    pub(super) fn of(series: &[Series]) -> Self {
        let figures = series.iter().filter_map(|series| Some((series.name.clone(), *series.values.first()?)));
        Self(figures.collect())
    }

    /// Replaces the values that the model reports. Values added by callbacks are kept after them.
    pub(super) fn update(&mut self, reported: Self) {
        let added = std::mem::replace(self, reported);
        for (name, value) in added.0 {
            if self.get(&name).is_none() {
                self.set(name, value);
            }
        }
    }

    /// Adds a value, or replaces the one of the same name.
    pub(crate) fn set(&mut self, name: impl Into<String>, value: f64) {
        let name = name.into();
        match self.0.iter_mut().find(|(own, _)| *own == name) {
            Some((_, own)) => *own = value,
            None => self.0.push((name, value)),
        }
    }
}

/// Formats the values as Keras does: `loss: 0.2577 - accuracy: 0.9245`.
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
