//! From a request's body to an answer.

use axum::{
    Json,
    body::Body,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;

use super::Refusal;

/// The largest body in bytes.
pub const LARGEST_BODY: usize = 256 << 10;

/// So much of a body that is too large is read, so that the sender gets to read why it is refused.
const LARGEST_REFUSED: usize = 8 << 20;

/// A body of JSON.
#[derive(Debug)]
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts.headers) {
            let reason = "the body must be JSON: send it with the header content-type: application/json";
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason));
        }
        let bytes = read(body).await?;
        let asked = serde_json::from_slice(&bytes)
            .map_err(|error| Refusal::bad(format!("the body is not what is asked for: {error}")))?;
        Ok(Self(asked))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

async fn read(mut body: Body) -> Result<Vec<u8>, Refusal> {
    let (mut bytes, mut length) = (Vec::new(), 0_usize);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Refusal::bad(format!("the body cannot be read: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length > LARGEST_REFUSED {
            break;
        }
        if length <= LARGEST_BODY {
            bytes.extend_from_slice(&data);
        }
    }
    if length > LARGEST_BODY {
        let reason = format!("the body is too large: send at most {LARGEST_BODY} bytes");
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, reason));
    }
    Ok(bytes)
}

/// Computes an answer on another thread than those that serve connections.
pub async fn blocking<T: Send + 'static>(
    compute: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<Json<T>, Refusal> {
    let failed = |_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "the computation failed");
    tokio::task::spawn_blocking(compute).await.map_err(failed)?.map(Json)
}
