//! The state of a callback in a checkpoint.

use kindling_models::Weights;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::TrainError;

/// The state that a callback keeps between epochs: values that are saved as JSON, and weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallbackState {
    pub(super) values: Value,
    pub(super) weights: Option<Weights>,
}

impl CallbackState {
    /// Creates the state of a callback from its values.
    ///
    /// # Errors
    /// Returns an error if the values cannot be serialized as JSON.
    pub fn new(values: &impl Serialize) -> Result<Self, TrainError> {
        let values = serde_json::to_value(values).map_err(TrainError::other)?;
        Ok(Self { values, weights: None })
    }

    /// Sets the weights. Default: none.
    pub fn with_weights(self, weights: Option<Weights>) -> Self {
        Self { weights, ..self }
    }

    /// Returns the values.
    ///
    /// # Errors
    /// Returns an error if they are of another type.
    pub fn values<T: DeserializeOwned>(&self) -> Result<T, TrainError> {
        T::deserialize(&self.values).map_err(TrainError::other)
    }

    /// Returns the weights, or `None` if none were saved.
    pub fn weights(&self) -> Option<&Weights> {
        self.weights.as_ref()
    }
}
