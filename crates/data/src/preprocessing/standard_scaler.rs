//! Standardization of features: mean 0 and standard deviation 1.

use burn::tensor::TensorData;
use serde::{Deserialize, Serialize};

use super::{
    Transform,
    table::{finite_values, known, known_values, map_values},
};
use crate::error::DataError;

/// Subtracts the mean of each feature and divides by its standard deviation, like scikit-learn's `StandardScaler`.
///
/// It is fitted to the training samples only, and saved with the model. "Deep Learning with Python", section 3.6.2.
///
/// ```
/// use burn::tensor::TensorData;
/// use kindling_data::{StandardScaler, Transform};
///
/// let train = TensorData::from([[1.0_f32, 5.0], [3.0, 5.0]]);
/// let scaler = StandardScaler::fit(&train)?;
/// assert_eq!(scaler.transform(&train)?, TensorData::from([[-1.0_f32, 0.0], [1.0, 0.0]]));
/// # Ok::<(), kindling_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StandardScaler {
    mean: Vec<f64>,
    scale: Vec<f64>,
}

impl StandardScaler {
    /// Fits the scaler to floats `[samples, features]` in double precision. The standard deviation is that of the
    /// population (`ddof=0` in NumPy). A constant feature has the scale 1.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the values are not floats of that shape, there are no samples, or a value is NaN or
    /// infinite.
    pub fn fit(samples: &TensorData) -> Result<Self, DataError> {
        let (values, features) = finite_values(samples)?;
        Ok(Self::of_known(&values, features))
    }

    /// Fits the scaler like [`fit`](Self::fit), but ignores NaN, which represents a missing value, as in scikit-learn.
    /// [`transform`](Transform::transform) keeps NaN for a [`SimpleImputer`](crate::SimpleImputer).
    ///
    /// # Errors
    /// The errors of [`fit`](Self::fit) except for NaN; [`DataError::Argument`] if a feature is missing in every sample.
    pub fn fit_ignoring_missing(samples: &TensorData) -> Result<Self, DataError> {
        let (values, features) = known_values(samples)?;
        Ok(Self::of_known(&values, features))
    }

    /// Fits the scaler to all values that are not NaN.
    fn of_known(values: &[f64], features: usize) -> Self {
        let known = |feature| known(values, features, feature);
        let fitted = (0..features).map(|feature| {
            let count = known(feature).count() as f64;
            let mean = known(feature).sum::<f64>() / count;
            let squares = known(feature).map(|value| (value - mean).powi(2)).sum::<f64>();
            let variance = squares / count;
            // scikit-learn's threshold for a constant feature, which allows for rounding errors of the mean.
            let noise = count * f64::EPSILON * variance + (count * mean * f64::EPSILON).powi(2);
            (mean, if variance <= noise { 1.0 } else { variance.sqrt() })
        });
        let (mean, scale) = fitted.unzip();
        Self { mean, scale }
    }

    /// Inverts [`transform`](Transform::transform), up to rounding errors.
    ///
    /// # Errors
    /// The errors of [`transform`](Transform::transform).
    pub fn inverse_transform(&self, samples: &TensorData) -> Result<TensorData, DataError> {
        self.map(samples, |value, mean, scale| value * scale + mean)
    }

    /// Returns the mean of each feature: `[features]`.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Returns the divisor of each feature, which is its standard deviation or 1: `[features]`.
    pub fn scale(&self) -> &[f64] {
        &self.scale
    }

    fn map(
        &self,
        samples: &TensorData,
        change: impl Fn(f64, f64, f64) -> f64,
    ) -> Result<TensorData, DataError> {
        let fitted: Vec<(f64, f64)> = self.mean.iter().copied().zip(self.scale.iter().copied()).collect();
        map_values(samples, "the scaler", &fitted, |value, (mean, scale)| change(value, *mean, *scale))
    }
}

#[typetag::serde]
impl Transform for StandardScaler {
    fn transform(&self, samples: &TensorData) -> Result<TensorData, DataError> {
        self.map(samples, |value, mean, scale| (value - mean) / scale)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values_of(data: &TensorData) -> Vec<f64> {
        data.clone().convert::<f64>().try_into_vec().unwrap()
    }

    #[test]
    fn scale_is_the_population_standard_deviation() {
        // scikit-learn's StandardScaler().fit([[1, 10, 5], [2, 20, 5], [4, 60, 5]]): mean_, scale_.
        let train = TensorData::from([[1.0_f64, 10.0, 5.0], [2.0, 20.0, 5.0], [4.0, 60.0, 5.0]]);
        let scaler = StandardScaler::fit(&train).unwrap();
        let near = |found: &[f64], expected: [f64; 3]| {
            found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12)
        };
        assert!(near(scaler.mean(), [7.0 / 3.0, 30.0, 5.0]), "{scaler:?}");
        assert!(near(scaler.scale(), [1.247219128924647, 21.60246899469287, 1.0]), "{scaler:?}");
    }

    #[test]
    fn constant_features_have_the_scale_one() {
        for constant in [0.1_f64, 1e300, -7.3e-12, 0.0] {
            let train = TensorData::new(vec![constant; 1000], [1000, 1]);
            let scaler = StandardScaler::fit(&train).unwrap();
            assert_eq!(scaler.scale(), [1.0], "{constant}");
            assert!(values_of(&scaler.transform(&train).unwrap()).iter().all(|value| value.is_finite()));
        }
    }

    #[test]
    fn single_precision_values_are_summed_in_double_precision() {
        let train = TensorData::new((0..1_000_000).map(|i| 1e4 + (i % 2) as f32).collect(), [1_000_000, 1]);
        let scaler = StandardScaler::fit(&train).unwrap();
        assert!(
            (scaler.mean()[0] - 10_000.5).abs() < 1e-6 && (scaler.scale()[0] - 0.5).abs() < 1e-6,
            "{scaler:?}"
        );
        assert_eq!(scaler.transform(&train).unwrap().dtype(), train.dtype());
    }

    #[test]
    fn errors_name_the_invalid_value() {
        let message = |result: Result<StandardScaler, DataError>| result.unwrap_err().to_string();
        let not_a_number = TensorData::from([[1.0_f32, 2.0], [3.0, f32::NAN]]);
        assert!(message(StandardScaler::fit(&not_a_number)).contains("NaN in row 1, column 1"));
        let infinite = TensorData::from([[f64::INFINITY]]);
        assert!(message(StandardScaler::fit(&infinite)).contains("inf in row 0, column 0"));
        assert!(message(StandardScaler::fit(&TensorData::from([[1, 2]]))).contains("give floats of shape"));
        assert!(message(StandardScaler::fit(&TensorData::from([1.0_f32]))).contains("give floats of shape"));
        let none = TensorData::new(Vec::<f32>::new(), [0, 3]);
        assert!(message(StandardScaler::fit(&none)).contains("give at least one"));
        let scaler = StandardScaler::fit(&TensorData::from([[1.0_f32, 2.0]])).unwrap();
        let error = scaler.transform(&TensorData::from([[1.0_f32]])).unwrap_err().to_string();
        assert_eq!(error, "the number of features is 1: the scaler was fitted to 2");
    }

    #[test]
    fn missing_values_are_ignored_and_kept() {
        // The values 1, 3, and 5 have mean 3 and variance (4 + 0 + 4) / 3; the values 4 and 8 have mean 6 and variance 4.
        let missing = f64::NAN;
        let train = TensorData::from([[1.0, missing], [3.0, 4.0], [missing, 8.0], [5.0, missing]]);
        let scaler = StandardScaler::fit_ignoring_missing(&train).unwrap();
        assert_eq!(scaler.mean(), [3.0, 6.0]);
        assert_eq!(scaler.scale(), [(8.0_f64 / 3.0).sqrt(), 2.0]);
        let scaled = values_of(&scaler.transform(&train).unwrap());
        assert_eq!(scaled[3], -1.0);
        let places: Vec<bool> = scaled.iter().map(|value| value.is_nan()).collect();
        assert_eq!(places, [false, true, false, false, true, false, false, true]);
        assert!(StandardScaler::fit(&train).unwrap_err().to_string().contains("NaN in row 0, column 1"));

        let message =
            |train: TensorData| StandardScaler::fit_ignoring_missing(&train).unwrap_err().to_string();
        let infinite = TensorData::from([[missing, f64::NEG_INFINITY], [1.0, 2.0]]);
        assert!(message(infinite).contains("-inf in row 0, column 1"));
        let nothing = TensorData::from([[1.0, missing], [2.0, missing]]);
        assert!(message(nothing).contains("missing in every sample (column 1)"));
        assert!(message(TensorData::new(Vec::<f32>::new(), [0, 3])).contains("give at least one"));
    }

    proptest! {
        #[test]
        fn a_sample_of_missing_values_does_not_change_the_fit(
            rows in prop::collection::vec(prop::array::uniform2(-1e3_f64..1e3), 1..20), place in 0_usize..20,
        ) {
            let whole = StandardScaler::fit(&TensorData::new(rows.concat(), [rows.len(), 2])).unwrap();
            let mut holed = rows.clone();
            holed.insert(place.min(rows.len()), [f64::NAN; 2]);
            let holed = TensorData::new(holed.concat(), [holed.len(), 2]);
            prop_assert_eq!(StandardScaler::fit_ignoring_missing(&holed).unwrap(), whole);
        }

        #[test]
        fn scaling_is_invertible_and_the_scaler_is_serializable(
            rows in prop::collection::vec(prop::array::uniform3(-1e6_f64..1e6), 1..40),
        ) {
            let train = TensorData::new(rows.concat(), [rows.len(), 3]);
            let scaler = StandardScaler::fit(&train).unwrap();
            let scaled = scaler.transform(&train).unwrap();
            for feature in 0..3 {
                let values: Vec<f64> = known(&values_of(&scaled), 3, feature).collect();
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                let variance = values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64;
                prop_assert!(mean.abs() < 1e-6 && (variance < 1e-6 || (variance - 1.0).abs() < 1e-6));
            }
            let back = values_of(&scaler.inverse_transform(&scaled).unwrap());
            prop_assert!(back.iter().zip(rows.concat()).all(|(back, value)| (back - value).abs() < 1e-6));
            let json = serde_json::to_string(&scaler).unwrap();
            let read: StandardScaler = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(read.scale().len(), 3);
        }
    }
}
