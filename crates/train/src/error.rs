//! The error type of this crate.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
};

use kindling_data::{DataError, files::with_remedy};
use kindling_models::ModelError;

use crate::NotFiniteCause;

/// The error type of this crate. Messages name the file or value, and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// An error of the data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// An error of the network.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// An argument is invalid.
    #[error("{name} is {value}: {remedy}")]
    Argument {
        /// Name of the argument.
        name: &'static str,
        /// Value of the argument.
        value: String,
        /// Valid values, or another remedy.
        remedy: String,
    },
    /// Network, data, loss and metrics do not fit together.
    #[error("{0}")]
    Mismatch(String),
    /// A loss, metric, gradient or weight became infinite or not a number.
    #[error(
        "the {name} is {value} at step {step} of epoch {epoch}: lower the learning rate, or look for extreme or missing values in the data{}",
        cause.as_ref().map_or(String::new(), |cause| format!("; {cause}"))
    )]
    NotFinite {
        /// Name of the value, such as `loss` or `val_loss`.
        name: String,
        /// The value: NaN or an infinity.
        value: f64,
        /// Epoch, counted from 1.
        epoch: usize,
        /// Step within the epoch, counted from 1.
        step: usize,
        /// The data value or gradient that caused it, if known.
        cause: Option<Box<NotFiniteCause>>,
    },
    /// A callback failed.
    #[error("the callback {name} failed: {source}")]
    Callback {
        /// Name of the callback.
        name: String,
        /// Error of the callback.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A model cannot be saved as a `.keras` file, because its network is not a `Sequential`.
    #[error(
        "{path} was not written, because only a Sequential can be saved as a .keras file; the weights are in {weights}: build \
         the network and load them with set_weights"
    )]
    NoKerasForm {
        /// The requested file.
        path: PathBuf,
        /// The file with the weights.
        weights: PathBuf,
    },
    /// An error of user code, such as a callback.
    #[error(transparent)]
    Other(Box<dyn std::error::Error + Send + Sync>),
    /// One of several variants failed.
    #[error("variant {name}: {source}")]
    Variant {
        /// Name of the variant.
        name: String,
        /// Error of the variant.
        source: Box<TrainError>,
    },
    /// All devices failed. The string names each device and its error.
    #[error("all devices failed ({0}): check the devices and their connections")]
    NoDevices(String),
    /// A search cannot be resumed from its file.
    #[error(
        "cannot resume the search in {path}: {reason}; delete the file to start again, or use another file or directory"
    )]
    Resume {
        /// The file.
        path: PathBuf,
        /// Difference between the file and the expectation.
        reason: String,
    },
    /// A training run cannot be resumed from a checkpoint, because the checkpoint belongs to another run.
    #[error(
        "cannot resume from {path}: {reason}; use the settings and data of the original run, or start a new run"
    )]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// Difference between the file and the expectation.
        reason: String,
    },
    /// Training was interrupted before its last step. See [`interrupt`](crate::interrupt).
    #[error("training was interrupted{}", in_file(saved.as_deref()))]
    Interrupted {
        /// Checkpoint of the interrupted run, if a callback wrote one.
        saved: Option<PathBuf>,
    },
    /// A file or directory could not be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// Error of the operating system.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Error of the operating system.
        source: std::io::Error,
    },
}

fn in_file(saved: Option<&Path>) -> String {
    saved.map_or(String::new(), |path| format!("; its state was saved to {}", path.display()))
}

impl TrainError {
    pub(crate) fn argument(name: &'static str, value: impl Display, remedy: impl Into<String>) -> Self {
        Self::Argument { name, value: value.to_string(), remedy: remedy.into() }
    }

    /// Wraps an error of user code, or a message.
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Other(error.into())
    }

    /// Adds the name of a callback to its error. Errors of losses that are not finite and interrupts are returned
    /// unchanged, because they do not depend on the callback.
    pub(crate) fn of_callback(self, name: String) -> Self {
        let source = match self {
            Self::NotFinite { .. } | Self::Interrupted { .. } => return self,
            Self::Other(source) => source,
            error => Box::new(error),
        };
        Self::Callback { name, source }
    }

    /// Converts the error of a device when results are read back.
    pub(crate) fn device(error: impl Display) -> Self {
        Self::Model(ModelError::Device(error.to_string()))
    }

    /// Returns whether a device failed, so that the run may succeed on another device.
    pub(crate) fn is_device_failure(&self) -> bool {
        match self {
            // In nested runs, such as the folds of a trial, the outer run handles the failure.
            Self::Model(ModelError::Device(_)) | Self::NoDevices(_) => true,
            Self::Variant { source, .. } => source.is_device_failure(),
            Self::Callback { source, .. } | Self::Other(source) => {
                source.downcast_ref::<Self>().is_some_and(Self::is_device_failure)
            }
            _ => false,
        }
    }

    /// Returns whether training was interrupted. See [`interrupt`](crate::interrupt).
    pub fn is_interrupted(&self) -> bool {
        match self {
            Self::Interrupted { .. } => true,
            Self::Variant { source, .. } => source.is_interrupted(),
            Self::Callback { source, .. } | Self::Other(source) => {
                source.downcast_ref::<Self>().is_some_and(Self::is_interrupted)
            }
            _ => false,
        }
    }

    /// Returns a function that adds the path to an output error.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source: with_remedy(source) }
    }

    /// Returns a function that adds the path to an input error.
    pub(crate) fn read(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Read { path, source: with_remedy(source) }
    }
}
