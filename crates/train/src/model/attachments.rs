//! Named values that are saved with a model, such as its class names.

use std::sync::Arc;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{Model, Network, Predictor};
use crate::TrainError;

/// Values by name, saved with a model.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Attachments(Map<String, Value>);

impl Attachments {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, TrainError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        T::deserialize(value).map(Some).map_err(|error| {
            TrainError::Mismatch(format!(
                "the attachment {name} has another type ({error}): read it as the type that was attached"
            ))
        })
    }
}

impl<N: Network> Model<N> {
    /// Attaches a named value that is saved with the model, such as a fitted
    /// [`ColumnTransformer`](kindling_data::tables::ColumnTransformer) or the class names. An existing value of the
    /// same name is replaced. Keras ignores attachments.
    ///
    /// # Errors
    /// Returns an error if the value cannot be serialized as JSON.
    pub fn attach(&mut self, name: impl Into<String>, value: &impl Serialize) -> Result<(), TrainError> {
        let name = name.into();
        let value = serde_json::to_value(value).map_err(|error| {
            TrainError::Mismatch(format!(
                "the attachment {name} cannot be saved as JSON ({error}): attach another value"
            ))
        })?;
        Arc::make_mut(&mut self.attachments).0.insert(name, value);
        Ok(())
    }

    /// Returns the attached value of this name, or `None` if there is none.
    ///
    /// # Errors
    /// Returns an error if the value is of another type.
    pub fn attachment<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, TrainError> {
        self.attachments.get(name)
    }
}

impl<N: Network> Predictor<N> {
    /// Returns the attached value of this name, or `None` if there is none. See [`Model::attach`].
    ///
    /// # Errors
    /// Returns an error if the value is of another type.
    pub fn attachment<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, TrainError> {
        self.attachments.get(name)
    }
}
