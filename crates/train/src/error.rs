//! What can go wrong while training.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
};

use kindling_data::{DataError, files::with_remedy};
use kindling_models::ModelError;

use crate::NotFiniteCause;

/// The error of every fallible function in this crate: it names the file or value, and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// From the data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// From the network.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// An argument is outside of what the function is defined for.
    #[error("{name} is {value}: {remedy}")]
    Argument {
        /// The argument's name.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it should be.
        remedy: String,
    },
    /// Network, data, loss and metrics do not fit each other.
    #[error("{0}")]
    Mismatch(String),
    /// The loss became infinite or not a number.
    #[error(
        "the {name} is {value} at step {step} of epoch {epoch}: lower the learning rate, or look for extreme or missing values in the data{}",
        cause.as_ref().map_or(String::new(), |cause| format!("; {cause}"))
    )]
    NotFinite {
        /// Which: `loss`, `val_loss`.
        name: String,
        /// `NaN`, `inf`.
        value: f64,
        /// Epoch, from 1.
        epoch: usize,
        /// Step within the epoch, from 1.
        step: usize,
        /// The value that it comes from, if it is known.
        cause: Option<Box<NotFiniteCause>>,
    },
    /// A callback failed.
    #[error("the callback {name} failed: {source}")]
    Callback {
        /// Its name.
        name: String,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The network of a model that was to be saved is not a `Sequential`.
    #[error(
        "{path} was not written: only a Sequential has a .keras form; the weights are in {weights}: build the network and load \
         them with set_weights"
    )]
    NoKerasForm {
        /// The file that was asked for.
        path: PathBuf,
        /// The file with the weights.
        weights: PathBuf,
    },
    /// An error of user code, such as a callback's.
    #[error(transparent)]
    Other(Box<dyn std::error::Error + Send + Sync>),
    /// One of several variants failed.
    #[error("variant {name}: {source}")]
    Variant {
        /// Its name.
        name: String,
        /// What is wrong with it.
        source: Box<TrainError>,
    },
    /// Every device failed; the string names each and why.
    #[error("no device is left to train on: {0}")]
    NoDevices(String),
    /// The file of an interrupted search cannot be gone on with.
    #[error(
        "cannot take up the search in {path}: {reason}; delete the file to begin anew, or give another file or folder"
    )]
    Resume {
        /// The file.
        path: PathBuf,
        /// What it holds, and what was expected.
        reason: String,
    },
    /// A checkpoint is not of the training run that was to be resumed from it.
    #[error("cannot resume from {path}: {reason}; resume with what the run began with, or begin anew")]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What it holds, and what was expected.
        reason: String,
    },
    /// Training was asked to end before its last step, see [`interrupt`](crate::interrupt).
    #[error("training was interrupted{}", in_file(saved.as_deref()))]
    Interrupted {
        /// The checkpoint that was written then, if a callback wrote one.
        saved: Option<PathBuf>,
    },
    /// A file or directory could not be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

fn in_file(saved: Option<&Path>) -> String {
    saved.map_or(String::new(), |path| format!("; its state is in {}", path.display()))
}

impl TrainError {
    pub(crate) fn argument(name: &'static str, value: impl Display, remedy: impl Into<String>) -> Self {
        Self::Argument { name, value: value.to_string(), remedy: remedy.into() }
    }

    /// An error of user code, from another error or a message.
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Other(error.into())
    }

    /// Names the callback that an error came from. A loss that is not finite stays what it is, whether a callback or the
    /// training loop reads it first.
    pub(crate) fn of_callback(self, name: String) -> Self {
        let source = match self {
            Self::NotFinite { .. } | Self::Interrupted { .. } => return self,
            Self::Other(source) => source,
            error => Box::new(error),
        };
        Self::Callback { name, source }
    }

    /// A device's error when results are read back.
    pub(crate) fn device(error: impl Display) -> Self {
        Self::Model(ModelError::Device(error.to_string()))
    }

    /// Whether a device failed, such as another machine; the training would succeed on another.
    pub(crate) fn is_device_failure(&self) -> bool {
        match self {
            // Trainings within trainings, such as the folds of a trial, leave the device to the outer ones.
            Self::Model(ModelError::Device(_)) | Self::NoDevices(_) => true,
            Self::Variant { source, .. } => source.is_device_failure(),
            Self::Callback { source, .. } | Self::Other(source) => {
                source.downcast_ref::<Self>().is_some_and(Self::is_device_failure)
            }
            _ => false,
        }
    }

    /// Returns whether training was asked to end, see [`interrupt`](crate::interrupt).
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

    /// Names the file that an output error came from.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source: with_remedy(source) }
    }

    pub(crate) fn read(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Read { path, source: with_remedy(source) }
    }
}
