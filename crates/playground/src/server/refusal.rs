//! Error responses.

use std::fmt;

use kindling::{data::DataError, prelude::TrainError};

use crate::models::Status;

/// An error response: the status, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status, 400 to 599.
    pub status: u16,
    /// The allowed methods, for status 405.
    pub(super) allow: Option<&'static str>,
    reason: String,
}

impl Refusal {
    /// Creates a refusal with a status.
    pub fn new(status: u16, reason: impl Into<String>) -> Self {
        Self { status, allow: None, reason: reason.into() }
    }

    /// Creates the refusal of a method (status 405), with the allowed methods.
    pub(super) fn method(allow: &'static str) -> Self {
        Self { allow: Some(allow), ..Self::new(405, format!("the method is not allowed: use {allow}")) }
    }

    /// Creates the refusal of a request with invalid content (status 400).
    pub fn bad(reason: impl Into<String>) -> Self {
        Self::new(400, reason)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl From<TrainError> for Refusal {
    fn from(error: TrainError) -> Self {
        Self::new(500, format!("the model failed: {error}"))
    }
}

impl From<DataError> for Refusal {
    fn from(error: DataError) -> Self {
        TrainError::from(error).into()
    }
}

/// The refusal for a model that is not ready (status 503).
impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        let reason = match status {
            Status::Failed(reason) => format!("the model is not available: {reason}"),
            Status::Working(progress) => format!("the model is not ready ({progress}): try again later"),
            Status::Waiting | Status::Ready => "the model is not ready: try again later".into(),
        };
        Self::new(503, reason)
    }
}
