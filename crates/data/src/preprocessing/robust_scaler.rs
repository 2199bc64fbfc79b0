//! Scaling of features by median and interquartile range.

use burn::tensor::TensorData;
use serde::{Deserialize, Serialize};

use super::{
    Transform,
    table::{finite_values, known, map_values, quantile},
};
use crate::error::DataError;

/// Subtracts the median of each feature and divides by its interquartile range, like scikit-learn's `RobustScaler`. Both
/// are robust to outliers.
///
/// ```
/// use burn::tensor::TensorData;
/// use kindling_data::{RobustScaler, Transform};
///
/// let train = TensorData::from([[1.0_f32], [2.0], [3.0], [4.0], [1000.0]]);
/// let scaled = RobustScaler::fit(&train)?.transform(&train)?;
/// assert_eq!(scaled, TensorData::from([[-1.0_f32], [-0.5], [0.0], [0.5], [498.5]]));
/// # Ok::<(), kindling_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RobustScaler {
    center: Vec<f64>,
    scale: Vec<f64>,
}

impl RobustScaler {
    /// Fits the scaler to floats `[samples, features]`. Quartiles are interpolated linearly. A feature with an interquartile
    /// range of 0 has the scale 1.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the values are not floats of that shape, there are no samples, or a value is NaN or
    /// infinite.
    pub fn fit(samples: &TensorData) -> Result<Self, DataError> {
        let (values, features) = finite_values(samples)?;
        let fitted = (0..features).map(|feature| {
            let mut known: Vec<f64> = known(&values, features, feature).collect();
            let range = quantile(&mut known, 0.75) - quantile(&mut known, 0.25);
            (quantile(&mut known, 0.5), if range > 0.0 { range } else { 1.0 })
        });
        let (center, scale) = fitted.unzip();
        Ok(Self { center, scale })
    }

    /// Returns the median of each feature: `[features]`.
    pub fn center(&self) -> &[f64] {
        &self.center
    }

    /// Returns the divisor of each feature: `[features]`.
    pub fn scale(&self) -> &[f64] {
        &self.scale
    }
}

#[typetag::serde]
impl Transform for RobustScaler {
    fn transform(&self, samples: &TensorData) -> Result<TensorData, DataError> {
        let fitted: Vec<(f64, f64)> = self.center.iter().copied().zip(self.scale.iter().copied()).collect();
        map_values(samples, "the scaler", &fitted, |value, (center, scale)| (value - center) / scale)
    }
}
