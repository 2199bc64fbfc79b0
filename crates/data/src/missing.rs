//! Missing values: filled in, and made.

use burn::tensor::{DType, TensorData};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::{
    DataError, Samples,
    features::{argument, check_known, known, map_values, values_to_fit},
    random::{Purpose, generator},
};

/// What stands in for missing values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fill {
    /// This number, in every feature.
    Constant(f64),
    /// The mean of the feature's values in the samples that were fitted to.
    Mean,
}

/// 0, which the book takes.
impl Default for Fill {
    fn default() -> Self {
        Self::Constant(0.0)
    }
}

/// What missing values (NaN) of each feature are replaced by: scikit-learn's `SimpleImputer`.
///
/// It is fitted to the training samples only, and travels with the model. "Deep Learning with Python", section 4.3.1: a
/// network learns that 0 is "missing" if 0 means nothing else, and if values were missing in training; where none were,
/// [`drop_values`] makes them. To fill standardised features with 0, their mean, scale first, with
/// [`StandardScaler::fit_ignoring_missing`](crate::StandardScaler::fit_ignoring_missing), and then impute.
///
/// ```
/// use burn::tensor::TensorData;
/// use kindling_data::{Fill, SimpleImputer};
///
/// # fn main() -> Result<(), kindling_data::DataError> {
/// let train = TensorData::from([[1.0_f32, f32::NAN], [3.0, 5.0]]);
/// let imputer = SimpleImputer::fit(&train, Fill::Mean)?;
/// let test = TensorData::from([[f32::NAN, f32::NAN]]);
/// assert_eq!(imputer.transform(&test)?, TensorData::from([[2.0_f32, 5.0]]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimpleImputer {
    fill: Vec<f64>,
}

impl SimpleImputer {
    /// What to fill floats `[samples, features]` with.
    ///
    /// # Errors
    /// [`DataError::Argument`] if these are no floats of that shape, there is no sample, a value is infinite, a
    /// feature has no value but missing ones, or the constant is not finite.
    pub fn fit(samples: &TensorData, fill: Fill) -> Result<Self, DataError> {
        let (values, features) = values_to_fit(samples)?;
        check_known(&values, features)?;
        let mean = |feature| {
            let known = || known(&values, features, feature);
            known().sum::<f64>() / known().count() as f64
        };
        match fill {
            Fill::Constant(constant) if constant.is_finite() => Ok(Self { fill: vec![constant; features] }),
            Fill::Constant(constant) => Err(argument("the constant", constant, "give a finite number")),
            Fill::Mean => Ok(Self { fill: (0..features).map(mean).collect() }),
        }
    }

    /// The samples with missing values replaced, in their own type and shape.
    ///
    /// # Errors
    /// [`DataError::Argument`] if these are no floats of shape `[samples, features]`, or of other features than it
    /// was fitted to.
    pub fn transform(&self, samples: &TensorData) -> Result<TensorData, DataError> {
        map_values(
            samples,
            "the imputer",
            &self.fill,
            |value, fill| if value.is_nan() { *fill } else { value },
        )
    }

    /// Samples whose first input has been transformed.
    ///
    /// # Errors
    /// As [`transform`](Self::transform).
    pub fn transform_samples(&self, samples: &Samples) -> Result<Samples, DataError> {
        samples.map_input(|input| self.transform(&input))
    }

    /// What missing values are replaced by: `[features]`.
    pub fn fill(&self) -> &[f64] {
        &self.fill
    }
}

/// Makes each value of floats `[samples, ...]` missing (NaN) with probability `rate`.
///
/// Which ones depends on the seed and on the sample's place alone. What is dropped at one rate is dropped at every
/// higher one. Of samples, `samples.map_input(|input| drop_values(&input, rate, seed))`.
///
/// # Errors
/// [`DataError::Argument`] if these are no floats with a samples axis, or `rate` is not from 0 and below 1.
pub fn drop_values(samples: &TensorData, rate: f64, seed: u64) -> Result<TensorData, DataError> {
    if !(0.0..1.0).contains(&rate) {
        return Err(argument("rate", rate, "give a share from 0 and below 1"));
    }
    let shape = samples.shape().as_slice();
    if shape.is_empty() || !matches!(samples.dtype(), DType::F32 | DType::F64) {
        let found = format!("{:?} {shape:?}", samples.dtype());
        return Err(argument("the samples' type and shape", found, "give floats of shape [samples, ...]"));
    }
    let width: usize = shape[1..].iter().product();
    let mut values: Vec<f64> = samples.iter::<f64>().collect();
    for (sample, row) in values.chunks_mut(width.max(1)).enumerate() {
        let mut random = generator(seed, Purpose::Missing, sample as u64);
        for value in row {
            if random.random::<f64>() < rate {
                *value = f64::NAN;
            }
        }
    }
    Ok(TensorData::new(values, samples.shape().clone()).convert_dtype(samples.dtype()))
}
