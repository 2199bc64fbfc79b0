//! Which requests are refused whatever they ask for.
//!
//! Any page in the browser may send requests to the loopback. A page of another site names itself in `Origin` and
//! `Sec-Fetch-Site`; one that has had its own name resolved to the loopback ("DNS rebinding") names that in `Host`.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{self, HOST, HeaderName, ORIGIN},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::Refusal;

/// The time for a request to arrive and be answered.
const LONGEST: Duration = Duration::from_secs(15);

/// The names under which the server may be called, with its port.
#[derive(Clone, Debug)]
pub struct Names(Arc<[String; 2]>);

impl Names {
    /// Returns the names of the loopback.
    pub fn on(port: u16) -> Self {
        Self(Arc::new(["127.0.0.1", "localhost"].map(|name| format!("{name}:{port}"))))
    }

    /// Returns why a request is refused.
    fn refuse(&self, headers: &HeaderMap) -> Option<Refusal> {
        let own = |host: &str| self.0.iter().any(|name| host.eq_ignore_ascii_case(name));
        let mut hosts = headers.get_all(HOST).iter();
        let host = hosts.next().and_then(|host| host.to_str().ok());
        if !host.is_some_and(own) || hosts.next().is_some() {
            let reason = format!("this server is not called that: open http://{}", self.0[0]);
            return Some(Refusal::new(StatusCode::MISDIRECTED_REQUEST, reason));
        }
        let is_own_origin = |origin: &HeaderValue| {
            origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://")).is_some_and(own)
        };
        let site = headers.get_all("sec-fetch-site").iter();
        let is_own = headers.get_all(ORIGIN).iter().all(is_own_origin)
            && site.into_iter().all(|site| site == "same-origin" || site == "none");
        (!is_own).then(|| {
            let reason = format!("pages of other sites may not ask: open http://{}", self.0[0]);
            Refusal::new(StatusCode::FORBIDDEN, reason)
        })
    }
}

/// Headers of every answer: nothing is loaded from elsewhere, shown elsewhere, or kept.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Refuses requests of other sites and those that take too long, and adds [`HEADERS`].
pub async fn guard(State(names): State<Names>, request: Request, next: Next) -> Response {
    let mut response = match names.refuse(request.headers()) {
        Some(refusal) => refusal.into_response(),
        None => match tokio::time::timeout(LONGEST, next.run(request)).await {
            Ok(response) => response,
            Err(_) => {
                let late = Refusal::new(StatusCode::REQUEST_TIMEOUT, "the request took too long: try again");
                let mut response = late.into_response();
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                response
            }
        },
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
