//! Table columns as network inputs.

use std::ops::Range;

use anyhow::ensure;
use kindling::{
    prelude::{Column, Samples, TensorData},
    tables::{ColumnTransformer, Encoder, Table},
};
use serde::{Deserialize, Serialize};

/// Number of feature values converted at a time, to limit memory.
const BLOCK: usize = 1 << 20;

/// The column encoders and the feature means of a table.
#[derive(Debug, Serialize, Deserialize)]
pub struct Columns {
    /// Encodes rows as features.
    pub features: ColumnTransformer,
    /// The training mean of each feature, which replaces a column when its contribution is measured.
    pub background: Vec<f32>,
}

impl Columns {
    /// Creates inputs from encoders that are not fitted yet.
    pub fn new(features: ColumnTransformer) -> Self {
        Self { features, background: Vec::new() }
    }

    /// Fits the encoders to the training rows and returns these as features `[rows, features]`.
    ///
    /// # Errors
    /// Returns an error if a column does not fit its encoder, or no column has any features.
    pub fn fit(&mut self, train: &Table) -> anyhow::Result<Column> {
        self.features.fit(train)?;
        let width = self.features.feature_names().len();
        ensure!(width > 0, "no column is left to predict from: set column types with --column COLUMN=KIND");
        let column = self.features.transform(train)?;
        let mut background = vec![0.0_f64; width];
        // Converting all features at once would double the memory.
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

    /// Returns the number of features of a row, at least 1.
    ///
    /// # Errors
    /// Returns an error if there are no features, or `background` has another length.
    pub fn width(&self) -> anyhow::Result<usize> {
        let (width, means) = (self.features.feature_names().len(), self.background.len());
        ensure!(width > 0 && width == means, "there are {width} features, and {means} means of features");
        Ok(width)
    }

    /// Returns each column's name and the range of its features.
    pub fn blocks(&self) -> Vec<(&str, Range<usize>)> {
        let mut start = 0;
        let block = |(name, encoder): (_, &dyn Encoder)| {
            let range = start..start + encoder.feature_names(name).len();
            start = range.end;
            (name, range)
        };
        self.features.columns().map(block).collect()
    }

    /// Returns features `[rows, features]` in which those in `range` are replaced by `value(row, feature)`.
    ///
    /// # Errors
    /// Returns an error if the length of `features` is not a multiple of the row width.
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
