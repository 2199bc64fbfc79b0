//! What a callback remembers from epoch to epoch, in a checkpoint.

use kindling_models::Weights;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::TrainError;

/// What a callback remembers from epoch to epoch: values that have a form in JSON, and weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallbackState {
    pub(super) values: Value,
    pub(super) weights: Option<Weights>,
}

impl CallbackState {
    /// Creates the state of a callback.
    ///
    /// # Errors
    /// When the values have no form in JSON.
    pub fn new(values: &impl Serialize) -> Result<Self, TrainError> {
        let values = serde_json::to_value(values).map_err(TrainError::other)?;
        Ok(Self { values, weights: None })
    }

    /// Adds weights.
    pub fn with_weights(self, weights: Option<Weights>) -> Self {
        Self { weights, ..self }
    }

    /// Reads the values.
    ///
    /// # Errors
    /// When they are of another type.
    pub fn values<T: DeserializeOwned>(&self) -> Result<T, TrainError> {
        T::deserialize(&self.values).map_err(TrainError::other)
    }

    /// Returns the weights, if there are any.
    pub fn weights(&self) -> Option<&Weights> {
        self.weights.as_ref()
    }
}
