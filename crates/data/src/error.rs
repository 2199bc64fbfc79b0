//! Everything that can go wrong between a file and a batch.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use crate::files::with_remedy;

/// The error of every fallible function of this crate: it names the file or value, and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file or directory could not be read or written.
    #[error("cannot access {path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A file was read but violates its format.
    #[error("{path} is damaged: {reason}; delete it and fetch it again")]
    Format {
        /// The file (or the array inside an archive, as `file.npz/x_train`).
        path: PathBuf,
        /// What is wrong, with the values found.
        reason: String,
    },
    /// A file is intact, but holds something else than was asked for.
    #[error("{path} cannot be used: {reason}")]
    Unsupported {
        /// The file (or the array inside an archive, as `file.npz/x_train`).
        path: PathBuf,
        /// What it holds, what is needed, and what to do about it.
        reason: String,
    },
    /// No place that the options allow holds the data set.
    #[error("no {dataset} data: {reason}")]
    NotFound {
        /// The data set's name.
        dataset: &'static str,
        /// Where it was searched for, and what to do about it.
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
    /// A cargo feature is needed that was not compiled in.
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
        /// Other ways out, with a separator in front; may be empty.
        otherwise: String,
    },
    /// Two arrays that belong together differ in length.
    #[error("{what}: {left} and {right} samples; they must agree")]
    LengthMismatch {
        /// Which arrays.
        what: String,
        /// Samples in the first.
        left: usize,
        /// Samples in the second.
        right: usize,
    },
    /// A value of samples is infinite or not a number.
    #[error(
        "{place} is {value} (counted from 0): fill it in, for example with SimpleImputer, or leave the sample out"
    )]
    NotFinite {
        /// Which value of which sample, counted from 0.
        place: String,
        /// `NaN`, `inf`.
        value: f64,
    },
    /// Validation samples are also in the training set.
    #[error(
        "{shared} of {held_out} held-out samples are also trained on, first held-out sample {held_out_position}, which is training sample {train_position} (both counted from 0): drop duplicates before splitting"
    )]
    Leakage {
        /// Number of held-out samples that are also in the training set.
        shared: usize,
        /// Number of held-out samples.
        held_out: usize,
        /// The first held-out sample that is also in the training set, from 0.
        held_out_position: usize,
        /// The first training sample that equals it, from 0.
        train_position: usize,
    },
    /// A splitter returned a split that cannot be used.
    #[error("the splitter's fold {fold} {reason}")]
    Split {
        /// The fold's index, from 0.
        fold: usize,
        /// What is wrong with it, and the remedy.
        reason: String,
    },
    /// A Burn dataset failed to return an item.
    #[error("item {index} of the dataset cannot be read: {source}")]
    Dataset {
        /// The item's index.
        index: usize,
        /// The dataset's error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A table has no column of this name.
    #[error("there is no column {name:?}: the table has {columns}")]
    NoColumn {
        /// The name.
        name: String,
        /// The names of the table's columns.
        columns: String,
    },
    /// An argument is outside of the function's domain.
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

    /// Attaches the path of a file that could not be read to its end: damaged if its decoder says so, otherwise
    /// inaccessible.
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
    fn only_what_a_decoder_refuses_is_damaged() {
        let message = |error: io::Error| DataError::read(Path::new("a.npz"))(error).to_string();
        assert!(message(io::Error::other("bad code")).starts_with("a.npz is damaged: bad code"));
        assert!(message(ErrorKind::OutOfMemory.into()).starts_with("cannot access a.npz"));
        assert!(message(io::Error::from_raw_os_error(5)).starts_with("cannot access a.npz"));
    }
}
