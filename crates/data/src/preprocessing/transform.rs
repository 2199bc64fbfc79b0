//! The interface of preprocessing steps.

use std::fmt::Debug;

use burn::tensor::TensorData;

use crate::{error::DataError, samples::Samples};

/// A fitted preprocessing step that is saved with the model.
///
/// Fitting is an associated function of each type (`StandardScaler::fit(&train.input())`), because steps differ in what
/// they need for it. A boxed step is serialized under its type's name, as Keras writes layers:
/// `{"class_name": "StandardScaler", "config": {...}}`, and is found by that name when it is read back. Users'
/// types need Serde's traits and the attribute `#[typetag::serde]` of the `typetag` crate; two types of the same name must
/// be told apart by `#[typetag::serde(name = "...")]`.
///
/// ```
/// use burn::tensor::TensorData;
/// use kindling_data::{DataError, StandardScaler, Transform};
/// use serde::{Deserialize, Serialize};
///
/// /// Takes the logarithm of each value plus 1.
/// #[derive(Debug, Serialize, Deserialize)]
/// struct LogPlusOne;
///
/// #[typetag::serde]
/// impl Transform for LogPlusOne {
///     fn transform(&self, values: &TensorData) -> Result<TensorData, DataError> {
///         let logarithms: Vec<f32> = values.iter::<f32>().map(f32::ln_1p).collect();
///         Ok(TensorData::new(logarithms, values.shape().clone()))
///     }
/// }
///
/// let step: Box<dyn Transform> = Box::new(LogPlusOne);
/// let json = serde_json::to_string(&step)?;
/// assert_eq!(json, r#"{"class_name":"LogPlusOne","config":null}"#);
/// let read: Box<dyn Transform> = serde_json::from_str(&json)?;
/// assert_eq!(read.transform(&TensorData::from([0.0_f32]))?, TensorData::from([0.0_f32]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[typetag::serde(tag = "class_name", content = "config")]
pub trait Transform: Debug + Send + Sync {
    /// Returns the transformed values of `values`, whose first axis is the samples.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the type, shape or a value does not fit.
    fn transform(&self, values: &TensorData) -> Result<TensorData, DataError>;

    /// Returns the samples with their first input transformed.
    ///
    /// # Errors
    /// As [`transform`](Self::transform), and as [`Samples::map_input`].
    fn transform_samples(&self, samples: &Samples) -> Result<Samples, DataError> {
        samples.map_input(|input| self.transform(&input))
    }
}
