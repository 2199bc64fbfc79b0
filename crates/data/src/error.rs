//! Errors of reading, checking, and preparing data.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use crate::files::with_remedy;

/// The error type of this crate. Messages name the file or value and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file or directory that could not be read or written.
    #[error("cannot access {path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A file that violates its format.
    #[error("{path} is damaged: {reason}; delete it and fetch it again")]
    Format {
        /// The file (or the array inside an archive, as `file.npz/x_train`).
        path: PathBuf,
        /// What is wrong, with the values found.
        reason: String,
    },
    /// An intact file whose content cannot be used.
    #[error("{path} cannot be used: {reason}")]
    Unsupported {
        /// The file (or the array inside an archive, as `file.npz/x_train`).
        path: PathBuf,
        /// What it contains, what is expected, and the remedy.
        reason: String,
    },
    /// A data set that was not found in the locations that the options allow.
    #[error("no {dataset} data: {reason}")]
    NotFound {
        /// The data set's name.
        dataset: &'static str,
        /// The locations that were searched, and the remedy.
        reason: String,
    },
    /// A data set that no mirror could provide.
    #[error("cannot download {dataset}: {reason}")]
    Download {
        /// The data set's name.
        dataset: &'static str,
        /// The failure of each mirror, and the remedy.
        reason: String,
    },
    /// A Cargo feature that is required but not enabled.
    #[error(
        "{what} is not compiled in: enable the feature `{feature}`, in Cargo.toml as \
        kindling = {{ version = \"{version}\", features = [\"{feature}\"] }}{otherwise}",
        version = env!("CARGO_PKG_VERSION")
    )]
    MissingFeature {
        /// What is missing.
        what: String,
        /// The feature's name.
        feature: &'static str,
        /// Alternatives to the feature, starting with a separator; may be empty.
        otherwise: String,
    },
    /// Two arrays with different numbers of samples.
    #[error("{what} differ in length ({left} and {right} samples): give both the same number of samples")]
    LengthMismatch {
        /// The arrays.
        what: String,
        /// Number of samples in the first array.
        left: usize,
        /// Number of samples in the second array.
        right: usize,
    },
    /// A value that is infinite or NaN.
    #[error(
        "{place} is {value} (counted from 0): replace it, for example with SimpleImputer, or remove the sample"
    )]
    NotFinite {
        /// The value and its sample, counted from 0.
        place: String,
        /// NaN, or positive or negative infinity.
        value: f64,
    },
    /// Held-out samples that are also in the training set.
    #[error(
        "{shared} of {held_out} held-out samples are also in the training set, the first being held-out sample {held_out_position}, which equals training sample {train_position} (both counted from 0): drop duplicates before splitting"
    )]
    Leakage {
        /// Number of held-out samples that are also in the training set.
        shared: usize,
        /// Number of held-out samples.
        held_out: usize,
        /// Index of the first held-out sample that is also in the training set, from 0.
        held_out_position: usize,
        /// Index of the first training sample that equals it, from 0.
        train_position: usize,
    },
    /// An invalid split returned by a splitter.
    #[error("the splitter's fold {fold} {reason}")]
    Split {
        /// The fold's index, from 0.
        fold: usize,
        /// What is wrong with it, and the remedy.
        reason: String,
    },
    /// An item that a Burn dataset failed to return.
    #[error("item {index} of the dataset cannot be read: {source}")]
    Dataset {
        /// The item's index.
        index: usize,
        /// The dataset's error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A column name that does not exist in the table.
    #[error("there is no column {name:?}: the table has {columns}")]
    NoColumn {
        /// The name.
        name: String,
        /// The names of the table's columns.
        columns: String,
    },
    /// An argument outside of its valid range.
    #[error("{name} is {value}: {remedy}")]
    Argument {
        /// The argument's name.
        name: &'static str,
        /// Its value.
        value: String,
        /// The valid values.
        remedy: String,
    },
}

impl DataError {
    /// Creates a [`DataError::Argument`], for example in a user's [`Transform`](crate::Transform) or
    /// [`Splitter`](crate::splits::Splitter).
    ///
    /// ```
    /// use kindling_data::DataError;
    ///
    /// let error = DataError::argument("the rate", 1.5, "give a number from 0 to 1");
    /// assert_eq!(error.to_string(), "the rate is 1.5: give a number from 0 to 1");
    /// ```
    pub fn argument(name: &'static str, value: impl ToString, remedy: impl Into<String>) -> Self {
        Self::Argument { name, value: value.to_string(), remedy: remedy.into() }
    }

    /// Attaches the file's path to an input or output error.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source: with_remedy(source) }
    }

    /// Attaches the path of a file that could not be read completely: [`DataError::Format`] for errors of a decoder,
    /// [`DataError::Io`] for errors of the operating system.
    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| match source.raw_os_error().is_some() || source.kind() == ErrorKind::OutOfMemory {
            true => Self::io(path)(source),
            false => Self::format(path, source.to_string()),
        }
    }

    /// Creates a [`DataError::Format`].
    pub(crate) fn format(path: &Path, reason: impl Into<String>) -> Self {
        Self::Format { path: path.into(), reason: reason.into() }
    }

    /// Creates a [`DataError::Unsupported`].
    pub(crate) fn unsupported(path: &Path, reason: impl Into<String>) -> Self {
        Self::Unsupported { path: path.into(), reason: reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn decoder_errors_mean_a_damaged_file() {
        let message = |error: io::Error| DataError::read(Path::new("a.npz"))(error).to_string();
        assert!(message(io::Error::other("bad code")).starts_with("a.npz is damaged: bad code"));
        assert!(message(ErrorKind::OutOfMemory.into()).starts_with("cannot access a.npz"));
        assert!(message(io::Error::from_raw_os_error(5)).starts_with("cannot access a.npz"));
    }
}
