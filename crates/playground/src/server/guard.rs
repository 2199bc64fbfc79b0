//! Checks of the origin of requests.
//!
//! Any page in the browser can send requests to the loopback interface. Requests from other sites are recognized by `Origin` and
//! `Sec-Fetch-Site`. A page whose host name resolves to the loopback address (DNS rebinding) is recognized by `Host`.

use super::{Refusal, request::Request};

/// The accepted host names, with the port.
#[derive(Clone, Debug)]
pub struct Names([String; 2]);

impl Names {
    /// Returns the host names of the loopback interface with a port.
    pub fn on(port: u16) -> Self {
        Self(["127.0.0.1", "localhost"].map(|name| format!("{name}:{port}")))
    }

    /// Checks that a request is addressed to this server and was sent by its own page.
    ///
    /// # Errors
    /// Returns a refusal with status 421 for another host name, and 403 for another site.
    pub fn check(&self, request: &Request) -> Result<(), Refusal> {
        let is_own = |host: &str| self.0.iter().any(|name| host.eq_ignore_ascii_case(name));
        let mut hosts = request.all("host");
        if !hosts.next().is_some_and(is_own) || hosts.next().is_some() {
            let reason = format!("the host name is not accepted: open http://{}", self.0[0]);
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
