//! The book's figures beside ours.

use std::collections::HashMap;

use kindling::{
    metrics::{Best, Direction},
    plots::Chart,
    prelude::*,
};
use serde::Deserialize;

/// What the book's notebooks print: `reference.json`.
#[derive(Deserialize)]
pub struct Book {
    pub source: String,
    #[serde(flatten)]
    runs: HashMap<String, serde_json::Value>,
}

/// One of the notebooks' trainings; figures that it does not print are empty.
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

    pub fn run(&self, name: &str) -> anyhow::Result<BookRun> {
        self.get(name)
    }

    pub fn number(&self, name: &str) -> anyhow::Result<f64> {
        self.get(name)
    }

    fn get<T: for<'a> Deserialize<'a>>(&self, name: &str) -> anyhow::Result<T> {
        let value = self.runs.get(name).ok_or_else(|| anyhow::anyhow!("reference.json has no {name}"))?;
        Ok(T::deserialize(value)?)
    }
}

/// Losses and accuracies over the epochs, the book's as points and ours as lines.
pub fn curves(ours: &History, book: &BookRun) -> [Chart; 2] {
    let chart = |figure: &str, training: &[f64], validation: &[f64]| {
        let own_validation = ours.get(&format!("val_{figure}"));
        let parts = if own_validation.is_empty() { "Training" } else { "Training and validation" };
        let mut chart = Chart::new(format!("{parts} {figure}")).axes("Epoch", figure);
        for (part, book, own) in
            [("Validation", validation, own_validation), ("Training", training, ours.get(figure))]
        {
            if !own.is_empty() {
                chart = chart.line(format!("{part}, ours"), own);
                chart = chart.points(format!("{part}, the book"), book);
            }
        }
        chart
    };
    [chart("loss", &book.loss, &book.val_loss), chart("accuracy", &book.acc, &book.val_acc)]
}

/// A row of a table of figures: ours beside the book's, and where Keras 3.15 lies on the same data.
pub fn row(figure: &str, book: f64, keras: Option<(f64, f64)>, ours: f64) -> Vec<String> {
    let (range, verdict) = match keras {
        None => (String::new(), String::new()),
        Some((low, high)) => {
            let verdict = match ours {
                ours if ours < low => format!("{:.4} below", low - ours),
                ours if ours > high => format!("{:.4} above", ours - high),
                _ => "within".into(),
            };
            (format!("{low} to {high}"), verdict)
        }
    };
    vec![
        figure.into(),
        format!("{book:.4}"),
        format!("{ours:.4}"),
        format!("{:+.4}", ours - book),
        range,
        verdict,
    ]
}

/// The head of such a table. Keras' range is that of three seeds, full data.
pub const HEAD: [&str; 6] = ["", "the book", "ours", "difference", "Keras 3.15", "against Keras"];

/// The lowest value of a loss, and its epoch.
pub fn best(losses: &[f64]) -> Best {
    Best::of(losses, Direction::Min).unwrap_or(Best { epoch: 0, value: f64::NAN })
}

/// The highest value of an accuracy.
pub fn highest(accuracies: &[f64]) -> f64 {
    Best::of(accuracies, Direction::Max).map_or(f64::NAN, |best| best.value)
}

/// The last value.
pub fn last(values: &[f64]) -> f64 {
    values.last().copied().unwrap_or(f64::NAN)
}
