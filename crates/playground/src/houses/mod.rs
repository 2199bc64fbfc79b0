//! House prices: predictions of the network of section 3.6, and the predicted price over the range of each feature.

mod features;

use kindling::{
    data::SplitOptions,
    losses::MeanSquaredError,
    metrics::Mae,
    networks,
    optimizers::RmsProp,
    prelude::*,
    preprocessing::{StandardScaler, Transform},
};
use serde::{Deserialize, Serialize};

pub use features::{FEATURES, Feature};

use crate::{
    models::{Context, Origin, Recipe, Trained},
    server::Refusal,
};

/// Number of points of a feature's curve.
pub const CURVE: usize = 25;

/// The network of section 3.6 and the ranges of its features.
#[derive(Debug)]
pub struct Houses {
    trained: Trained,
    scaler: StandardScaler,
    ranges: Vec<Range>,
}

/// The range of a feature in the training samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Range {
    /// The minimum.
    pub low: f32,
    /// The maximum.
    pub high: f32,
    /// The median.
    pub median: f32,
}

/// A request of the page.
#[derive(Clone, Debug, Deserialize)]
pub struct Question {
    values: [f32; boston_housing::FEATURES],
}

/// The predicted prices.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// Median house price in thousands of 1970 dollars.
    pub price: f32,
    /// For each feature, the prices at [`CURVE`] values from its minimum to its maximum, with the other features unchanged.
    pub curves: Vec<Vec<f32>>,
}

impl Houses {
    /// Loads the data, and loads or trains the model.
    ///
    /// # Errors
    /// Returns an error if the data cannot be loaded or the training fails.
    pub fn prepare(context: &Context, report: &dyn Fn(String)) -> anyhow::Result<Self> {
        report("loading Boston Housing".into());
        let boston = context.load(|options| boston_housing::load(&SplitOptions::new(), options))?;
        let source = boston.source;
        let (train, test) = boston.into_parts();
        let ranges = ranges(&train.input());
        let scaler = StandardScaler::fit(&train.input())?;
        let (train, test) = (scaler.transform_samples(&train)?, scaler.transform_samples(&test)?);
        let model = networks::boston(boston_housing::FEATURES)
            .compile(RmsProp::default(), MeanSquaredError, [Mae])
            .seed(context.seed)
            .on(&context.device)?;
        let options = FitOptions::new().epochs(80).batch_size(16);
        let recipe = Recipe {
            example: "ch03_boston",
            figure: "mae",
            model,
            train: &train,
            test: &test,
            options,
            source,
        };
        Ok(Self { trained: recipe.make(context, report)?, scaler, ranges })
    }

    /// Returns the origin of the model.
    pub fn origin(&self) -> &Origin {
        &self.trained.origin
    }

    /// Returns the range of each feature.
    pub fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    /// Returns the predicted prices in thousands of dollars for rows of features, `[rows, 13]`.
    ///
    /// # Errors
    /// Returns an error if the model fails.
    pub fn prices(&self, rows: Vec<f32>) -> Result<Vec<f32>, Refusal> {
        let shape = [rows.len() / boston_housing::FEATURES, boston_housing::FEATURES];
        let samples = Samples::inputs_only(Column::floats(TensorData::new(rows, shape))?);
        Ok(self.trained.predictor.predict(&self.scaler.transform_samples(&samples)?)?.iter().collect())
    }

    /// Predicts the price for a request.
    ///
    /// # Errors
    /// Returns an error if a value is out of range or the model fails.
    pub fn answer(&self, Question { values }: &Question) -> Result<Answer, Refusal> {
        for ((value, range), Feature { name, .. }) in values.iter().zip(&self.ranges).zip(&FEATURES) {
            let Range { low, high, .. } = range;
            if !(*low..=*high).contains(value) {
                return Err(Refusal::bad(format!("{name} is out of range ({value}): give {low} to {high}")));
            }
        }
        let mut rows = values.to_vec();
        for (feature, range) in self.ranges.iter().enumerate() {
            for step in 0..CURVE {
                let mut row = *values;
                row[feature] = range.low + (range.high - range.low) * step as f32 / (CURVE - 1) as f32;
                rows.extend(row);
            }
        }
        let prices = self.prices(rows)?;
        let (price, curves) = (prices[0], prices[1..].chunks(CURVE).map(<[f32]>::to_vec).collect());
        Ok(Answer { price, curves })
    }
}

fn ranges(features: &TensorData) -> Vec<Range> {
    let values: Vec<f32> = features.iter().collect();
    let range = |feature: usize| {
        let mut column: Vec<f32> =
            values.iter().skip(feature).step_by(boston_housing::FEATURES).copied().collect();
        column.sort_by(f32::total_cmp);
        let at = |place: usize| column.get(place).copied().unwrap_or_default();
        Range { low: at(0), high: at(column.len().saturating_sub(1)), median: at(column.len() / 2) }
    };
    (0..boston_housing::FEATURES).map(range).collect()
}
