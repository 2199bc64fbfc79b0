//! What belongs to a model beside its network, such as the names of its classes.

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
        T::deserialize(value)
            .map(Some)
            .map_err(|error| TrainError::Mismatch(format!("the model's attachment {name}: {error}")))
    }
}

impl<N: Network> Model<N> {
    /// Attaches a value that is saved with the model and found again under its name, such as a fitted
    /// [`ColumnTransformer`](kindling_data::tables::ColumnTransformer) or the names of classes. Keras ignores it. An earlier
    /// value of that name is replaced.
    ///
    /// # Errors
    /// When the value has no form in JSON.
    pub fn attach(&mut self, name: impl Into<String>, value: &impl Serialize) -> Result<(), TrainError> {
        let name = name.into();
        let value = serde_json::to_value(value).map_err(|error| {
            TrainError::Mismatch(format!("the attachment {name} cannot be saved: {error}"))
        })?;
        Arc::make_mut(&mut self.attachments).0.insert(name, value);
        Ok(())
    }

    /// Returns the value that is attached under a name; None if there is none.
    ///
    /// # Errors
    /// When the value is of another type.
    pub fn attachment<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, TrainError> {
        self.attachments.get(name)
    }
}

impl<N: Network> Predictor<N> {
    /// Returns the value that is attached to the model under a name, as [`Model::attachment`].
    ///
    /// # Errors
    /// When the value is of another type.
    pub fn attachment<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, TrainError> {
        self.attachments.get(name)
    }
}
