//! Failed attempts to obtain a file.

/// A location that did not provide a file, and the reason.
#[derive(Debug)]
pub(super) struct Failure {
    /// A path or a URL.
    pub(super) place: String,
    pub(super) reason: String,
}

impl Failure {
    pub(super) fn new(place: impl ToString, reason: impl ToString) -> Self {
        Self { place: place.to_string(), reason: reason.to_string() }
    }
}
