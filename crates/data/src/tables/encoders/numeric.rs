//! Encoding of numbers: imputation and scaling.

use burn::tensor::TensorData;
use serde::{Deserialize, Serialize};

use super::{ColumnKind, Encoder, TableColumn, fitted, numbers};
use crate::{
    error::DataError,
    preprocessing::{Fill, MinMaxScaler, Pipeline, RobustScaler, SimpleImputer, StandardScaler, Transform},
};

/// The scaling of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// No scaling.
    None,
    /// Scaling to mean 0 and standard deviation 1 with [`StandardScaler`].
    #[default]
    Standard,
    /// Scaling to the range 0 to 1 with [`MinMaxScaler`].
    MinMax,
    /// Scaling to median 0 and interquartile range 1 with [`RobustScaler`].
    Robust,
}

/// Imputes missing values and scales. Encodes columns of numbers, booleans, and numeric identifiers.
///
/// If values are missing in the training rows, a second feature indicates missing values, like `add_indicator` in
/// scikit-learn.
#[derive(Debug, Serialize, Deserialize)]
pub struct NumericEncoder {
    fill: Fill,
    indicator: bool,
    scale: Scale,
    fitted: Option<Fitted>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Fitted {
    steps: Pipeline,
    indicator: bool,
    /// The kind of the training column: numbers or booleans.
    kind: ColumnKind,
    /// The minimum and maximum of the training rows; `None` if all values are missing.
    #[serde(default)]
    range: Option<[f64; 2]>,
}

impl Default for NumericEncoder {
    /// Returns the default encoder: imputation with the median, a missing-value indicator, and standard scaling.
    fn default() -> Self {
        Self { fill: Fill::Median, indicator: true, scale: Scale::Standard, fitted: None }
    }
}

impl NumericEncoder {
    /// Creates an encoder with the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the replacement of missing values. Default: the median.
    pub fn fill(self, fill: Fill) -> Self {
        Self { fill, ..self }
    }

    /// Sets whether to add a feature that indicates missing values, if the training rows contain any. Default: true.
    pub fn indicator(self, indicator: bool) -> Self {
        Self { indicator, ..self }
    }

    /// Sets the scaling. Default: [`Scale::Standard`].
    pub fn scale(self, scale: Scale) -> Self {
        Self { scale, ..self }
    }
}

#[typetag::serde]
impl Encoder for NumericEncoder {
    fn kind(&self) -> ColumnKind {
        self.fitted.as_ref().map_or(ColumnKind::Number, |fitted| fitted.kind)
    }

    fn fit(&mut self, column: &TableColumn) -> Result<(), DataError> {
        let mut values: Vec<f64> = numbers(column)?.collect();
        let missing = values.iter().filter(|value| value.is_nan()).count();
        let range = (missing < values.len()).then(|| {
            [
                values.iter().copied().fold(f64::INFINITY, f64::min),
                values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            ]
        });
        if missing == values.len() {
            // Without any training value, missing values are replaced by 0.
            values.fill(0.0);
        }
        let values = TensorData::new(values, [column.len(), 1]);
        let imputer = SimpleImputer::fit(&values, self.fill)?;
        let filled = imputer.transform(&values)?;
        let steps = Pipeline::new().then(imputer);
        let steps = match self.scale {
            Scale::None => steps,
            Scale::Standard => steps.then(StandardScaler::fit(&filled)?),
            Scale::MinMax => steps.then(MinMaxScaler::fit(&filled)?),
            Scale::Robust => steps.then(RobustScaler::fit(&filled)?),
        };
        let kind = match column.kind() {
            ColumnKind::Boolean => ColumnKind::Boolean,
            _ => ColumnKind::Number,
        };
        self.fitted = Some(Fitted { steps, indicator: self.indicator && missing > 0, kind, range });
        Ok(())
    }

    fn feature_names(&self, column: &str) -> Vec<String> {
        match &self.fitted {
            Some(Fitted { indicator: true, .. }) => vec![column.into(), format!("{column} is missing")],
            _ => vec![column.into()],
        }
    }

    fn encode(&self, column: &TableColumn) -> Result<Vec<f32>, DataError> {
        let Fitted { steps, indicator, .. } = fitted(&self.fitted)?;
        let values: Vec<f64> = numbers(column)?.collect();
        let missing: Vec<bool> = values.iter().map(|value| value.is_nan()).collect();
        let scaled = steps.transform(&TensorData::new(values, [column.len(), 1]))?;
        let scaled = scaled
            .as_slice::<f64>()
            .map_err(|error| DataError::argument("the values", format!("{error:?}"), "give floats"))?;
        let scaled = scaled.iter().map(|value| *value as f32);
        Ok(match indicator {
            true => scaled.zip(missing).flat_map(|(value, missing)| [value, f32::from(missing)]).collect(),
            false => scaled.collect(),
        })
    }

    /// Returns the rows whose numbers are outside of the training range by more than its width.
    fn unknown(&self, column: &TableColumn) -> Vec<usize> {
        let Some([low, high]) = self.fitted.as_ref().and_then(|fitted| fitted.range) else {
            return Vec::new();
        };
        let width = high - low;
        let is_near = |number: f64| number.is_nan() || (low - width..=high + width).contains(&number);
        let numbers = column.numbers().into_iter().flatten().enumerate();
        numbers.filter(|(_, number)| !is_near(*number)).map(|(row, _)| row).collect()
    }
}
