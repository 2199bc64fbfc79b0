//! What a model of a table needs to read raw rows.

use anyhow::ensure;
use kindling::{
    prelude::{Column, Model, Samples, TensorData},
    tables::{ColumnTransformer, Table, Target},
};
use serde::{Deserialize, Serialize};

use super::scores::{Predicted, Verdict};

/// The fitted encoders and the target of a model, attached to it under [`SavedTable::NAME`].
#[derive(Debug, Serialize, Deserialize)]
pub struct SavedTable {
    /// Turns rows into features.
    pub features: ColumnTransformer,
    /// Turns predictions into numbers or class names.
    pub target: Target,
    /// The mean of each feature in training: what stands for a column whose contribution is measured.
    pub background: Vec<f32>,
}

impl SavedTable {
    /// The name of the attachment.
    pub const NAME: &str = "table";

    /// Fits encoders and target to training rows, and returns these as samples, too.
    ///
    /// # Errors
    /// If a column does not fit its encoder, or there is none.
    pub fn fit(
        mut features: ColumnTransformer,
        target: Target,
        train: &Table,
    ) -> anyhow::Result<(Self, Samples)> {
        features.fit(train)?;
        let width = features.feature_names().len();
        ensure!(width > 0, "no column is left to predict from");
        let mut saved = Self { features, target, background: Vec::new() };
        let samples = saved.samples(train)?;
        let mut background = vec![0.0_f64; width];
        for (place, value) in samples.input().iter::<f64>().enumerate() {
            background[place % width] += value / train.len() as f64;
        }
        saved.background = background.into_iter().map(|mean| mean as f32).collect();
        Ok((saved, samples))
    }

    /// Returns rows as samples: features `[rows, features]`, and the target.
    ///
    /// # Errors
    /// If a row cannot be encoded, or has no known target.
    pub fn samples(&self, rows: &Table) -> anyhow::Result<Samples> {
        let target = self.target.transform(&rows.column(self.target.name())?)?;
        Ok(Samples::new(self.features.transform(rows)?, target)?)
    }

    /// Returns the rows' targets beside a model's predictions for their samples.
    ///
    /// # Errors
    /// If the samples do not fit the model.
    pub fn verdict(&self, model: &Model, samples: &Samples, rows: &Table) -> anyhow::Result<Verdict> {
        Verdict::new(&self.target, rows, Predicted::new(&self.target, &model.predict(samples)?))
    }

    /// Returns each column's name, and the range of its features.
    pub fn blocks(&self) -> Vec<(&str, std::ops::Range<usize>)> {
        let mut start = 0;
        let block = |(name, encoder): (_, &dyn kindling::tables::Encoder)| {
            let range = start..start + encoder.feature_names(name).len();
            start = range.end;
            (name, range)
        };
        self.features.columns().map(block).collect()
    }

    /// Returns features `[rows, features]` with those in `range` replaced: `value` gives that of a row and a feature.
    pub fn replaced(
        &self,
        features: &[f32],
        range: std::ops::Range<usize>,
        value: impl Fn(usize, usize) -> f32,
    ) -> anyhow::Result<Samples> {
        let width = self.background.len();
        let mut values = features.to_vec();
        for (row, features) in values.chunks_mut(width).enumerate() {
            range.clone().for_each(|feature| features[feature] = value(row, feature));
        }
        let rows = features.len() / width;
        Ok(Samples::inputs_only(Column::floats(TensorData::new(values, [rows, width]))?))
    }
}
