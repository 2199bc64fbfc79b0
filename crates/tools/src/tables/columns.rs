//! The columns of a table as inputs of a network.

use std::ops::Range;

use anyhow::ensure;
use kindling::{
    prelude::{Column, Samples, TensorData},
    tables::{ColumnTransformer, Encoder, Table},
};
use serde::{Deserialize, Serialize};

/// In features of rows: what is looked at, at once.
const BLOCK: usize = 1 << 20;

/// The encoders of a table's columns.
#[derive(Debug, Serialize, Deserialize)]
pub struct Columns {
    /// Turns rows into features.
    pub features: ColumnTransformer,
    /// The mean of each feature in training: what stands for a column whose contribution is measured.
    pub background: Vec<f32>,
}

impl Columns {
    /// Creates the inputs of encoders that are not fitted.
    pub fn new(features: ColumnTransformer) -> Self {
        Self { features, background: Vec::new() }
    }

    /// Fits the encoders to training rows, and returns these as features `[rows, features]`.
    ///
    /// # Errors
    /// If a column does not fit its encoder, or there is none.
    pub fn fit(&mut self, train: &Table) -> anyhow::Result<Column> {
        self.features.fit(train)?;
        let width = self.features.feature_names().len();
        ensure!(width > 0, "no column is left to predict from");
        let column = self.features.transform(train)?;
        let mut background = vec![0.0_f64; width];
        // A copy of all features would take as much memory again.
        let block = (BLOCK / width).max(1);
        for start in (0..train.len()).step_by(block) {
            let values = column.slice(start..start + block).data();
            for (place, value) in values.iter::<f64>().enumerate() {
                background[place % width] += value / train.len() as f64;
            }
        }
        self.background = background.into_iter().map(|mean| mean as f32).collect();
        Ok(column)
    }

    /// Returns each column's name, and the range of its features.
    pub fn blocks(&self) -> Vec<(&str, Range<usize>)> {
        let mut start = 0;
        let block = |(name, encoder): (_, &dyn Encoder)| {
            let range = start..start + encoder.feature_names(name).len();
            start = range.end;
            (name, range)
        };
        self.features.columns().map(block).collect()
    }

    /// Returns features `[rows, features]` with those in `range` replaced: `value` gives that of a row and a feature.
    ///
    /// # Errors
    /// If `features` are not those of whole rows.
    pub fn replaced(
        &self,
        features: &[f32],
        range: Range<usize>,
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
