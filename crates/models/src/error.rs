//! The error type.

use std::path::{Path, PathBuf};

use kindling_data::files::with_remedy;

/// The error of every fallible function in this crate: it names the layer, file or value, and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A layer's configuration, input or output is invalid.
    #[error("layer {layer}: {reason}")]
    Layer {
        /// The layer's name, such as `dense_1`.
        layer: String,
        /// The invalid value and the remedy.
        reason: String,
    },
    /// A stack has no layers, or its input shape is invalid.
    #[error("{0}")]
    Empty(String),
    /// A batch or a column has an unsupported shape or kind.
    #[error("{0}")]
    Input(String),
    /// A weight cannot be initialized.
    #[error("{0}")]
    Weight(String),
    /// A user-defined network cannot be built.
    #[error("the network cannot be built: {0}")]
    Build(String),
    /// A file could not be read or written.
    #[error("cannot access {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A file is not a weights file.
    #[error("{path} is not a weights file: {reason}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A `.keras` file cannot be used.
    #[error("{path} cannot be loaded: {reason}")]
    KerasFile {
        /// The file.
        path: PathBuf,
        /// The location in the file, the reason, and the remedy.
        reason: String,
    },
    /// Weights do not match the network.
    #[error(
        "the weights do not match the network ({0}): load them into the architecture they were saved from"
    )]
    Mismatch(String),
    /// Results could not be read back from the device.
    #[error("the device failed ({0}): saved files are unchanged, check the device and run again")]
    Device(String),
}

impl ModelError {
    /// Attaches a file's path to an error of the operating system.
    pub(crate) fn io(path: &Path) -> impl Fn(std::io::Error) -> Self + Copy + '_ {
        move |source| Self::Io { path: path.into(), source: with_remedy(source) }
    }
}
