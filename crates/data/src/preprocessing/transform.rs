//! The interface of preprocessing steps.

use std::fmt::Debug;

use burn::tensor::TensorData;

use crate::{error::DataError, samples::Samples};

/// A fitted preprocessing step that is saved with the model.
///
/// Fitting is an associated function of each type, for example `StandardScaler::fit(&train.input())`, because the
/// arguments differ.
///
/// A boxed step is serialized with the name of its type, as Keras serializes layers:
/// `{"class_name": "StandardScaler", "config": {...}}`. The name selects the type on deserialization. Custom types need
/// Serde's traits and the attribute `#[typetag::serde]` of the crate `typetag`. If two types have the same name, one of them
/// needs another one: `#[typetag::serde(name = "...")]`.
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
    /// Transforms `values`, whose first axis is the samples axis.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the type, the shape, or a value is invalid.
    fn transform(&self, values: &TensorData) -> Result<TensorData, DataError>;

    /// Transforms the first input of samples.
    ///
    /// # Errors
    /// The errors of [`transform`](Self::transform) and [`Samples::map_input`].
    fn transform_samples(&self, samples: &Samples) -> Result<Samples, DataError> {
        samples.map_input(|input| self.transform(&input))
    }
}
