//! Why a request is not answered.

use std::fmt;

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kindling::{data::DataError, prelude::TrainError};
use serde_json::json;

use crate::models::Status;

/// An answer other than the one that was asked for: a status, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// 400 to 599.
    pub status: StatusCode,
    reason: String,
}

impl Refusal {
    /// Creates an answer with this status.
    pub fn new(status: StatusCode, reason: impl Into<String>) -> Self {
        Self { status, reason: reason.into() }
    }

    /// Creates the answer to a request whose content cannot be used: 400.
    pub fn bad(reason: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, reason)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.reason }))).into_response()
    }
}

impl From<TrainError> for Refusal {
    fn from(error: TrainError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("the model failed: {error}"))
    }
}

impl From<DataError> for Refusal {
    fn from(error: DataError) -> Self {
        TrainError::from(error).into()
    }
}

/// What keeps a model is no fault of the request: 503.
impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        let reason = match status {
            Status::Failed(reason) => format!("the model cannot be had: {reason}"),
            Status::Working(progress) => format!("the model is not ready, try again soon: {progress}"),
            Status::Waiting | Status::Ready => "the model is not ready: try again soon".into(),
        };
        Self::new(StatusCode::SERVICE_UNAVAILABLE, reason)
    }
}
