//! What can go wrong between a file and a batch.

use std::path::{Path, PathBuf};

/// The error of every fallible function in this crate: it names the file or value, and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file or folder could not be read or written.
    #[error("cannot access {path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file was read but is not what its format demands.
    #[error("{path} is damaged: {reason}; delete it and fetch it again")]
    Format {
        /// The file (or the array inside an archive, as `file.npz/x_train`).
        path: PathBuf,
        /// What is wrong, with the values found.
        reason: String,
    },
    /// A file is sound, but holds something else than what is asked for.
    #[error("{path} cannot be used: {reason}")]
    Unsupported {
        /// The file (or the array inside an archive, as `file.npz/x_train`).
        path: PathBuf,
        /// What it holds, what is asked for, and what to do about it.
        reason: String,
    },
    /// No place that the options allow holds the data set.
    #[error("no {dataset} data: {reason}")]
    NotFound {
        /// The data set's name.
        dataset: &'static str,
        /// Where it was looked for, and what to do about it.
        reason: String,
    },
    /// Every mirror failed.
    #[error("cannot download {dataset}: {reason}")]
    Download {
        /// The data set's name.
        dataset: &'static str,
        /// What each mirror answered.
        reason: String,
    },
    /// Two arrays that belong together disagree in length.
    #[error("{what}: {left} and {right} samples; they must agree")]
    LengthMismatch {
        /// Which arrays.
        what: String,
        /// Samples in the first.
        left: usize,
        /// Samples in the second.
        right: usize,
    },
    /// Samples that were held out are among those trained on.
    #[error(
        "{shared} of {held_out} held-out samples are also trained on, first held-out sample {held_out_position}, which is training sample {train_position} (both counted from 0): drop duplicates before splitting"
    )]
    Leakage {
        /// How many of the held-out samples.
        shared: usize,
        /// Held-out samples, all of them.
        held_out: usize,
        /// The first of them that is also trained on, from 0.
        held_out_position: usize,
        /// The first training sample that is the same, from 0.
        train_position: usize,
    },
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
}

impl DataError {
    /// Names the file that an input or output error came from.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// Names the file that could not be read to its end: damaged if its decoder says so, else out of reach.
    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| match source.raw_os_error() {
            Some(_) => Self::Io { path: path.into(), source },
            None => Self::format(path, source.to_string()),
        }
    }

    /// A [`DataError::Format`].
    pub(crate) fn format(path: &Path, reason: impl Into<String>) -> Self {
        Self::Format { path: path.into(), reason: reason.into() }
    }

    /// A [`DataError::Unsupported`].
    pub(crate) fn unsupported(path: &Path, reason: impl Into<String>) -> Self {
        Self::Unsupported { path: path.into(), reason: reason.into() }
    }
}
