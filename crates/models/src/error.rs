//! What can go wrong between an architecture, its network and a file of weights.

use std::path::PathBuf;

/// The error of every fallible function in this crate: it names the layer, file or value, and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A layer was given a value outside of what it is defined for.
    #[error("layer {layer}: {reason}")]
    Layer {
        /// The layer's name, `dense_1`.
        layer: String,
        /// The value, and what it should be.
        reason: String,
    },
    /// The architecture has no layers, or no values to work on.
    #[error("the network is empty: {0}")]
    Empty(String),
    /// Data does not fit the network's inputs.
    #[error("{0}: reshape or prepare the data, or build the network for it")]
    Input(String),
    /// A file could not be read or written.
    #[error("cannot access {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file is no model file.
    #[error("{path} is no model file of this program: {reason}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Weights do not fit the network.
    #[error("the weights do not fit the network: {0}; load them into the architecture they were saved from")]
    Mismatch(String),
    /// Results could not be read back from the device.
    #[error("the device failed: {0}; what was saved before is as it was")]
    Device(String),
}
