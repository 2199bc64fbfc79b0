//! `.keras` files: the format in which Keras 3 saves models.
//!
//! A file is a zip archive of `config.json` (layers and compile settings), `metadata.json` (Keras' version) and
//! `model.weights.h5` (weights and optimizer state, HDF5). Data that Keras does not save is in `kindling.json`, which
//! Keras ignores. This crate reads and writes layers and weights, `kindling-train` the rest.

mod archive;
mod arrays;
mod object;
pub mod paths;
mod stack;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use burn::tensor::Device;
use serde_json::{Value, json};

use self::{
    archive::Archive,
    paths::{LAYERS, NETWORK, is_within},
    stack::Places,
};
pub use self::{
    arrays::Arrays,
    object::{LOSSES, METRICS, class_name, read_object, write_class, write_object},
    stack::check_finite,
};
use crate::{Init, ModelError, Sequential, SequentialNetwork, Weights, weights};

/// The version of Keras whose format is written.
const KERAS_VERSION: &str = "3.15.1";
/// The entry for kindling's own data, which Keras ignores.
const OWN: &str = "kindling.json";

/// The content of a `.keras` file.
#[derive(Clone, Debug)]
pub struct KerasFile {
    path: PathBuf,
    config: Value,
    arrays: Arrays,
    /// The name of the object whose variables a group of arrays holds, by the group's path.
    groups: BTreeMap<String, String>,
    own: Value,
}

impl KerasFile {
    /// Reads a file. Memory use is bounded by the size of the file; links to other files are not followed.
    ///
    /// # Errors
    /// Returns [`ModelError::Io`] if the file cannot be read, [`ModelError::KerasFile`] if it is damaged or was not
    /// written by Keras 3.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        let path = path.as_ref();
        let unusable = |reason: String| ModelError::KerasFile { path: path.into(), reason };
        let mut archive = Archive::open(path)?;
        let mut json = |name: &str| match archive.json(name).map_err(unusable)? {
            Some(bytes) => serde_json::from_slice::<Value>(&bytes)
                .map_err(|error| unusable(format!("{name}: {error}")))
                .map(Some),
            None => Ok(None),
        };
        let missing = |name: &str| unusable(format!("it has no entry {name}: it is not a .keras file"));
        let metadata = json(archive::METADATA)?.ok_or_else(|| missing(archive::METADATA))?;
        let version = metadata["keras_version"].as_str().unwrap_or("an unknown version");
        if version.split('.').next() != Some("3") {
            return Err(unusable(format!(
                "{}: it was written by Keras {version}, only files of Keras 3 are supported: load and save it with Keras 3",
                archive::METADATA
            )));
        }
        let mut config = json(archive::CONFIG)?.ok_or_else(|| missing(archive::CONFIG))?;
        // Keras writes an empty object for a model that was not compiled.
        if config["compile_config"].as_object().is_some_and(serde_json::Map::is_empty) {
            config["compile_config"] = Value::Null;
        }
        let own = json(OWN)?.unwrap_or(Value::Null);
        let weights = archive.weights().map_err(unusable)?.ok_or_else(|| missing(archive::WEIGHTS))?;
        let arrays = arrays::read(weights).map_err(|reason| unusable(in_weights(&reason)))?;
        Ok(Self { path: path.into(), config, arrays, groups: BTreeMap::new(), own })
    }

    /// Creates the content of a file without compile settings.
    ///
    /// # Errors
    /// Returns [`ModelError::Layer`] if a layer cannot be saved, [`ModelError::Device`] if the device fails.
    pub fn new(network: &SequentialNetwork) -> Result<Self, ModelError> {
        let mut config = stack::write(network.description())?;
        config["compile_config"] = Value::Null;
        let places = Places::of(network)?;
        let weights = Weights::of(network)?;
        let mut groups = places.groups.clone();
        groups.insert("vars".into(), "sequential".into());
        let arrays = places.write(&weights);
        Ok(Self { path: PathBuf::new(), config, arrays, groups, own: json!({}) })
    }

    /// Creates the content of a file with the weights of a network that is not a `Sequential`. Keras cannot open such
    /// a file.
    pub fn of_weights(weights: &Weights) -> Self {
        let shapes = weights.iter().map(|(name, data)| (name.to_owned(), json!(data.shape().as_slice())));
        let config = json!({"config": {"weights": shapes.collect::<serde_json::Map<_, _>>()}});
        let arrays = weights.iter().map(|(name, data)| (format!("{NETWORK}/{name}"), data.clone())).collect();
        Self { path: PathBuf::new(), config, arrays, groups: BTreeMap::new(), own: json!({}) }
    }

    /// Returns the weights of a file that was created by [`of_weights`](Self::of_weights).
    pub fn weights(&self) -> Weights {
        let name = |path: &str| Some(path.strip_prefix(NETWORK)?.strip_prefix('/')?.to_owned());
        let weights = self.arrays.iter().filter_map(|(path, data)| Some((name(path)?, data.clone())));
        Weights::from_tensors(weights.collect())
    }

    /// Returns Keras' configuration of the layers, or the names and shapes of the weights of a network that is not a
    /// `Sequential`.
    pub fn network_config(&self) -> &Value {
        &self.config["config"]
    }

    /// Writes the file. Equal content gives equal bytes. An existing file is replaced only once the new one is
    /// complete.
    ///
    /// # Errors
    /// Returns [`ModelError::Io`] if the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), ModelError> {
        let path = path.as_ref();
        let io = |reason: String| ModelError::Io { path: path.into(), source: std::io::Error::other(reason) };
        let json = |value: &Value| serde_json::to_vec(value).map_err(|error| io(error.to_string()));
        let entries = [
            (archive::METADATA, json(&json!({"keras_version": KERAS_VERSION}))?),
            (archive::CONFIG, json(&self.config)?),
            (archive::WEIGHTS, arrays::write(&self.arrays, &self.groups).map_err(io)?),
            (OWN, json(&self.own)?),
        ];
        archive::write(path, &entries)
    }

    /// Returns the layers.
    ///
    /// # Errors
    /// Returns [`ModelError::KerasFile`] with the name and class of a layer that is not supported.
    pub fn sequential(&self) -> Result<Sequential, ModelError> {
        stack::read(&self.config).map_err(|reason| self.unusable(format!("{}: {reason}", archive::CONFIG)))
    }

    /// Builds the network with the file's weights.
    ///
    /// # Errors
    /// Returns the errors of [`sequential`](Self::sequential) and [`Sequential::build`], and
    /// [`ModelError::KerasFile`] if weights are missing, do not match, belong to no layer, or are not finite.
    pub fn network(&self, device: &Device) -> Result<SequentialNetwork, ModelError> {
        let stack = self.sequential()?;
        let held: usize = self.arrays.values().map(|data| data.num_elements()).sum();
        // Allow some more values, so that a missing weight is reported by name.
        let values = held + (1 << 20);
        let network = Init::blank(device, values, |init| stack.build(init));
        let network = network.map_err(|error| self.unusable(format!("{}: {error}", archive::CONFIG)))?;
        let names: Vec<String> = weights::shapes(&network).into_iter().map(|(name, _)| name).collect();
        let weights = Places::of(&network)?.read(&names, &self.arrays);
        let weights = weights.map_err(|reason| self.unusable(in_weights(&reason)))?;
        let problem = |error: ModelError| self.unusable(in_weights(&error.to_string()));
        weights.load_into(network).map_err(problem)
    }

    /// Returns the compile settings, or null for a model that was not compiled.
    pub fn compile_config(&self) -> &Value {
        &self.config["compile_config"]
    }

    /// Sets the compile settings.
    pub fn set_compile_config(&mut self, config: Value) {
        self.config["compile_config"] = config;
    }

    /// Returns the arrays by path: weights under `layers`, optimizer state under `optimizer`.
    pub fn arrays(&self) -> &Arrays {
        &self.arrays
    }

    /// Returns whether the array at this path is a weight of the network.
    pub fn is_weight(path: &str) -> bool {
        is_within(path, LAYERS) || is_within(path, NETWORK)
    }

    /// Returns a mutable reference to the arrays by path.
    pub fn arrays_mut(&mut self) -> &mut Arrays {
        &mut self.arrays
    }

    /// Returns the content of `kindling.json`, or null if Keras wrote the file.
    pub fn own(&self) -> &Value {
        &self.own
    }

    /// Sets the content of `kindling.json`.
    pub fn set_own(&mut self, own: Value) {
        self.own = own;
    }

    /// Creates an error that names this file.
    pub fn unusable(&self, reason: impl Into<String>) -> ModelError {
        ModelError::KerasFile { path: self.path.clone(), reason: reason.into() }
    }
}

fn in_weights(reason: &str) -> String {
    format!("{}: {reason}", archive::WEIGHTS)
}
