//! Reference figures from the book and from Keras.

use std::collections::HashMap;

use serde::Deserialize;

/// The output of the book's notebooks: `reference.json`.
#[derive(Deserialize)]
pub struct Book {
    /// The source of the figures.
    pub source: String,
    #[serde(flatten)]
    runs: HashMap<String, serde_json::Value>,
}

/// A training from the notebooks. Figures that the notebook does not print are empty or 0.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct BookRun {
    pub loss: Vec<f64>,
    pub acc: Vec<f64>,
    pub val_loss: Vec<f64>,
    pub val_acc: Vec<f64>,
    pub fold_val_mae: Vec<f64>,
    pub mean_val_mae: f64,
    pub test_acc: f64,
    pub test_mae: f64,
}

impl Book {
    pub fn read() -> anyhow::Result<Self> {
        Ok(serde_json::from_str(include_str!("reference.json"))?)
    }

    /// Returns a training from the notebooks.
    pub fn run(&self, name: &str) -> anyhow::Result<BookRun> {
        self.get(name)
    }

    /// Returns a figure that does not belong to a training.
    pub fn number(&self, name: &str) -> anyhow::Result<f64> {
        self.get(name)
    }

    fn get<T: for<'a> Deserialize<'a>>(&self, name: &str) -> anyhow::Result<T> {
        let value = self.runs.get(name).ok_or_else(|| anyhow::anyhow!("reference.json has no {name}"))?;
        Ok(T::deserialize(value)?)
    }
}

/// Minimum and maximum test result of Keras 3.15.1 over three seeds, on the full data sets.
pub mod keras {
    /// Test accuracy on MNIST after 5 epochs.
    pub const DIGITS: (f64, f64) = (0.978, 0.981);
    /// Test accuracy on IMDB after 4 epochs.
    pub const REVIEWS: (f64, f64) = (0.880, 0.887);
    /// Test accuracy on Reuters after 9 epochs.
    pub const NEWSWIRES: (f64, f64) = (0.780, 0.787);
    /// Mean absolute error on Boston Housing after 80 epochs with batch size 16.
    pub const HOUSES: (f64, f64) = (2.66, 2.88);
}
