//! Imputation of missing values.

use burn::tensor::TensorData;
use serde::{Deserialize, Serialize};

use super::{
    Transform,
    table::{known, known_values, map_values, quantile},
};
use crate::error::DataError;

/// The replacement of missing values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fill {
    /// The given number, for every feature.
    Constant(f64),
    /// The mean of the feature's nonmissing values in the training samples.
    Mean,
    /// The median of those values.
    Median,
    /// The most frequent of those values; the smallest one in case of a tie.
    MostFrequent,
}

/// Default: `Constant(0.0)`, as in the book.
impl Default for Fill {
    fn default() -> Self {
        Self::Constant(0.0)
    }
}

/// Replaces the missing values (NaN) of each feature, like scikit-learn's `SimpleImputer`.
///
/// It is fitted to the training samples only, and saved with the model. A network learns that 0 means "missing" if 0 has no
/// other meaning and if values were missing in training ("Deep Learning with Python", section 4.3.1). If no values are
/// missing in the training samples, [`drop_values`](crate::drop_values) removes some at random. To replace missing values of
/// standardized features by their mean, 0, scale them first with
/// [`StandardScaler::fit_ignoring_missing`](crate::StandardScaler::fit_ignoring_missing), and then impute.
///
/// ```
/// use burn::tensor::TensorData;
/// use kindling_data::{Fill, SimpleImputer, Transform};
///
/// let train = TensorData::from([[1.0_f32, f32::NAN], [3.0, 5.0]]);
/// let imputer = SimpleImputer::fit(&train, Fill::Mean)?;
/// let test = TensorData::from([[f32::NAN, f32::NAN]]);
/// assert_eq!(imputer.transform(&test)?, TensorData::from([[2.0_f32, 5.0]]));
/// # Ok::<(), kindling_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimpleImputer {
    fill: Vec<f64>,
}

impl SimpleImputer {
    /// Fits the imputer to floats `[samples, features]`.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the values are not floats of that shape, there are no samples, a value is infinite, a
    /// feature is missing in every sample, or the constant is not finite.
    pub fn fit(samples: &TensorData, fill: Fill) -> Result<Self, DataError> {
        let (values, features) = known_values(samples)?;
        let mean = |feature| {
            let known = || known(&values, features, feature);
            known().sum::<f64>() / known().count() as f64
        };
        let median = |feature| quantile(&mut known(&values, features, feature).collect::<Vec<_>>(), 0.5);
        let most_frequent = |feature| {
            let mut sorted: Vec<f64> = known(&values, features, feature).collect();
            sorted.sort_by(f64::total_cmp);
            let longest = sorted.chunk_by(f64::eq).rev().max_by_key(|equal| equal.len());
            longest.map_or(0.0, |equal| equal[0])
        };
        match fill {
            Fill::Constant(constant) if constant.is_finite() => Ok(Self { fill: vec![constant; features] }),
            Fill::Constant(constant) => {
                Err(DataError::argument("the constant", constant, "give a finite number"))
            }
            Fill::Mean => Ok(Self { fill: (0..features).map(mean).collect() }),
            Fill::Median => Ok(Self { fill: (0..features).map(median).collect() }),
            Fill::MostFrequent => Ok(Self { fill: (0..features).map(most_frequent).collect() }),
        }
    }

    /// Returns the value that replaces missing values, for each feature: `[features]`.
    pub fn fill(&self) -> &[f64] {
        &self.fill
    }
}

#[typetag::serde]
impl Transform for SimpleImputer {
    fn transform(&self, samples: &TensorData) -> Result<TensorData, DataError> {
        let fill_missing = |value: f64, fill: &f64| if value.is_nan() { *fill } else { value };
        map_values(samples, "the imputer", &self.fill, fill_missing)
    }
}
