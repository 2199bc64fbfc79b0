//! The error for pickles with unsupported content.

use std::{fmt::Display, path::Path};

use crate::error::DataError;

/// Returns the error for a pickle that contains anything other than lists of integers.
pub(super) fn unsupported(path: &Path, found: impl Display) -> DataError {
    let remedy = "save lists of integers, for example numpy.array([[int(i) for i in text] for text in texts], dtype=object)";
    DataError::unsupported(path, format!("{found}; {remedy}"))
}
