//! A slot for a model that may not be ready yet.

use std::sync::{Mutex, OnceLock, PoisonError};

use serde::Serialize;

/// The status of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "state", content = "detail")]
pub enum Status {
    /// Not started: other models are prepared first.
    #[default]
    Waiting,
    /// Being loaded or trained, with the progress.
    Working(String),
    /// Available.
    Ready,
    /// Not available, with the reason.
    Failed(String),
}

/// A value that is prepared while the server is already running.
#[derive(Debug)]
pub struct Slot<T> {
    value: OnceLock<T>,
    status: Mutex<Status>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { value: OnceLock::new(), status: Mutex::default() }
    }
}

impl<T> Slot<T> {
    /// Creates a slot whose value is ready.
    pub fn ready(value: T) -> Self {
        let slot = Self::default();
        slot.set(value);
        slot
    }

    /// Returns the value.
    ///
    /// # Errors
    /// Returns the status if the value is not ready.
    pub fn get(&self) -> Result<&T, Status> {
        self.value.get().ok_or_else(|| self.status())
    }

    /// Returns the status of the value.
    pub fn status(&self) -> Status {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reports progress.
    pub fn report(&self, progress: String) {
        self.change(Status::Working(progress));
    }

    /// Ends the preparation without a value.
    pub fn fail(&self, reason: String) {
        self.change(Status::Failed(reason));
    }

    /// Ends the preparation with a value. A second value is ignored.
    pub fn set(&self, value: T) {
        let _ = self.value.set(value);
        self.change(Status::Ready);
    }

    fn change(&self, status: Status) {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }
}
