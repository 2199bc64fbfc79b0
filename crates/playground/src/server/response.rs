//! Serialization of responses.

use std::io::Write;

use serde::Serialize;
use serde_json::json;

use super::Refusal;

/// Headers of every response: the page loads nothing from other sites, is not embedded in them, and is not cached.
const HEADERS: &str = "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\
    x-content-type-options: nosniff\r\n\
    referrer-policy: no-referrer\r\n\
    cross-origin-resource-policy: same-origin\r\n\
    cross-origin-opener-policy: same-origin\r\n\
    cache-control: no-store\r\n";

/// A response.
#[derive(Debug)]
pub struct Response {
    status: u16,
    kind: &'static str,
    allow: Option<&'static str>,
    body: Vec<u8>,
}

impl Response {
    /// Creates a response with a file.
    pub fn file(kind: &'static str, content: &str) -> Self {
        Self { status: 200, kind, allow: None, body: content.into() }
    }

    /// Creates a response with a value as JSON.
    ///
    /// # Errors
    /// Returns an error if the value cannot be serialized.
    pub fn json(value: &impl Serialize) -> Result<Self, Refusal> {
        let body = serde_json::to_vec(value).map_err(|error| Refusal::new(500, error.to_string()))?;
        Ok(Self { status: 200, kind: "application/json", allow: None, body })
    }

    /// Returns the response as bytes: without the body if `is_head`, and with the header `connection: close` if `closes`.
    pub fn bytes(&self, is_head: bool, closes: bool) -> Vec<u8> {
        let Self { status, kind, allow, body } = self;
        let mut bytes = Vec::with_capacity(1024 + body.len());
        let allow = allow.map(|allow| format!("allow: {allow}\r\n")).unwrap_or_default();
        let close = if closes { "connection: close\r\n" } else { "" };
        let length = body.len();
        // The reason phrase after the status may be empty. Writing to a vector does not fail.
        let _ = write!(
            bytes,
            "HTTP/1.1 {status} \r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n{allow}{close}{HEADERS}\r\n"
        );
        if !is_head {
            bytes.extend_from_slice(body);
        }
        bytes
    }
}

impl From<Refusal> for Response {
    fn from(refusal: Refusal) -> Self {
        let body = json!({ "error": refusal.to_string() }).to_string().into_bytes();
        Self { status: refusal.status, kind: "application/json", allow: refusal.allow, body }
    }
}
