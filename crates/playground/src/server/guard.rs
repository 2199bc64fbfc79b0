//! Which requests are refused whatever they ask for.
//!
//! Any page in the browser may send requests to the loopback. A page of another site names itself in `Origin` and
//! `Sec-Fetch-Site`. A page whose own name has been resolved to the loopback ("DNS rebinding") has that name in `Host`.

use super::{Refusal, request::Request};

/// The names under which the server may be called, with its port.
#[derive(Clone, Debug)]
pub struct Names([String; 2]);

impl Names {
    /// Returns the names of the loopback.
    pub fn on(port: u16) -> Self {
        Self(["127.0.0.1", "localhost"].map(|name| format!("{name}:{port}")))
    }

    /// Checks that a request is for this server and from its own page.
    ///
    /// # Errors
    /// If it is not.
    pub fn check(&self, request: &Request) -> Result<(), Refusal> {
        let is_own = |host: &str| self.0.iter().any(|name| host.eq_ignore_ascii_case(name));
        let mut hosts = request.all("host");
        if !hosts.next().is_some_and(is_own) || hosts.next().is_some() {
            let reason = format!("the server has another name: open http://{}", self.0[0]);
            return Err(Refusal::new(421, reason));
        }
        let is_own_origin = |origin: &str| origin.strip_prefix("http://").is_some_and(is_own);
        let is_own_site = |site: &str| matches!(site, "same-origin" | "none");
        if !request.all("origin").all(is_own_origin) || !request.all("sec-fetch-site").all(is_own_site) {
            let reason = format!("requests from other sites are refused: open http://{}", self.0[0]);
            return Err(Refusal::new(403, reason));
        }
        Ok(())
    }
}
