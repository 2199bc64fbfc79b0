//! Scaling of features to a range.

use burn::tensor::TensorData;
use serde::{Deserialize, Serialize};

use super::{
    Transform,
    table::{finite_values, known, known_values, map_values},
};
use crate::error::DataError;

/// Scales each feature linearly so that the training samples span a given range, like scikit-learn's `MinMaxScaler`.
///
/// Other samples may exceed the range. A constant feature is mapped to the lower end of the range.
///
/// ```
/// use burn::tensor::TensorData;
/// use kindling_data::{MinMaxScaler, Transform};
///
/// let train = TensorData::from([[1.0_f32, 5.0], [3.0, 5.0], [2.0, 5.0]]);
/// let scaler = MinMaxScaler::fit(&train)?;
/// assert_eq!(scaler.transform(&train)?, TensorData::from([[0.0_f32, 0.0], [1.0, 0.0], [0.5, 0.0]]));
/// let symmetric = scaler.feature_range(-1.0, 1.0)?;
/// assert_eq!(symmetric.transform(&train)?, TensorData::from([[-1.0_f32, -1.0], [1.0, -1.0], [0.0, -1.0]]));
/// # Ok::<(), kindling_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MinMaxScaler {
    data_min: Vec<f64>,
    data_max: Vec<f64>,
    range: (f64, f64),
}

impl MinMaxScaler {
    /// Fits the scaler to floats `[samples, features]`, with the range 0 to 1.
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

    fn of_known(values: &[f64], features: usize) -> Self {
        let known = |feature| known(values, features, feature);
        let data_min = (0..features).map(|feature| known(feature).fold(f64::INFINITY, f64::min)).collect();
        let data_max =
            (0..features).map(|feature| known(feature).fold(f64::NEG_INFINITY, f64::max)).collect();
        Self { data_min, data_max, range: (0.0, 1.0) }
    }

    /// Sets the range that the training samples span. Default: 0 to 1.
    ///
    /// # Errors
    /// [`DataError::Argument`] if `low` is not below `high`, or one of them is not finite.
    pub fn feature_range(self, low: f64, high: f64) -> Result<Self, DataError> {
        match low < high && low.is_finite() && high.is_finite() {
            true => Ok(Self { range: (low, high), ..self }),
            false => {
                let value = format!("{low} to {high}");
                Err(DataError::argument(
                    "the feature range",
                    value,
                    "give finite numbers, the lower one first",
                ))
            }
        }
    }

    /// Inverts [`transform`](Transform::transform), up to rounding errors.
    ///
    /// # Errors
    /// The errors of [`transform`](Transform::transform).
    pub fn inverse_transform(&self, samples: &TensorData) -> Result<TensorData, DataError> {
        map_values(samples, "the scaler", &self.scales(), |value, (scale, shift)| (value - shift) / scale)
    }

    /// Returns the smallest value of each feature in the training samples: `[features]`.
    pub fn data_min(&self) -> &[f64] {
        &self.data_min
    }

    /// Returns the largest value of each feature in the training samples: `[features]`.
    pub fn data_max(&self) -> &[f64] {
        &self.data_max
    }

    /// Returns the factor and the offset of each feature: scikit-learn's `scale_` and `min_`.
    fn scales(&self) -> Vec<(f64, f64)> {
        let (low, high) = self.range;
        let scale = |(min, max): (&f64, &f64)| {
            let spread = max - min;
            // scikit-learn's threshold for a constant feature.
            let scale = (high - low) / if spread < 10.0 * f64::EPSILON { 1.0 } else { spread };
            (scale, low - min * scale)
        };
        self.data_min.iter().zip(&self.data_max).map(scale).collect()
    }
}

#[typetag::serde]
impl Transform for MinMaxScaler {
    fn transform(&self, samples: &TensorData) -> Result<TensorData, DataError> {
        map_values(samples, "the scaler", &self.scales(), |value, (scale, shift)| value * scale + shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values_of(data: &TensorData) -> Vec<f64> {
        data.iter().collect()
    }

    #[test]
    fn training_samples_span_the_range_and_others_may_exceed_it() {
        // sklearn.preprocessing.MinMaxScaler().fit([[-1, 2], [-0.5, 6], [0, 10], [1, 18]]).transform(...)
        let train = TensorData::from([[-1.0, 2.0], [-0.5, 6.0], [0.0, 10.0], [1.0, 18.0]]);
        let scaler = MinMaxScaler::fit(&train).unwrap();
        assert_eq!((scaler.data_min(), scaler.data_max()), (&[-1.0, 2.0][..], &[1.0, 18.0][..]));
        assert_eq!(values_of(&scaler.transform(&train).unwrap()), [0.0, 0.0, 0.25, 0.25, 0.5, 0.5, 1.0, 1.0]);
        let other = TensorData::from([[2.0, 2.0]]);
        assert_eq!(values_of(&scaler.transform(&other).unwrap()), [1.5, 0.0]);
        let back = scaler.inverse_transform(&scaler.transform(&train).unwrap()).unwrap();
        assert_eq!(values_of(&back), values_of(&train));
        let wide = scaler.feature_range(-2.0, 2.0).unwrap();
        assert_eq!(values_of(&wide.transform(&train).unwrap())[..4], [-2.0, -2.0, -1.0, -1.0]);
        assert_eq!(
            values_of(&wide.inverse_transform(&wide.transform(&train).unwrap()).unwrap()),
            values_of(&train)
        );
    }

    #[test]
    fn missing_values_are_kept_and_constants_become_the_lower_end() {
        let train = TensorData::from([[f64::NAN, 7.0], [4.0, 7.0], [2.0, 7.0]]);
        let scaler = MinMaxScaler::fit_ignoring_missing(&train).unwrap();
        let scaled = values_of(&scaler.transform(&train).unwrap());
        assert!(scaled[0].is_nan());
        assert_eq!(scaled[1..], [0.0, 1.0, 0.0, 0.0, 0.0]);
        assert!(MinMaxScaler::fit(&train).unwrap_err().to_string().contains("NaN in row 0, column 0"));
        for (low, high) in [(1.0, 1.0), (2.0, 1.0), (0.0, f64::INFINITY), (f64::NAN, 1.0)] {
            let error = scaler.clone().feature_range(low, high).unwrap_err().to_string();
            assert!(error.starts_with("the feature range is "), "{error}");
        }
    }
}
