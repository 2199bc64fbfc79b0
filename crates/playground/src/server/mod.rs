//! An HTTP/1.1 server on the loopback interface that answers only its own page.
//!
//! - `listen`: accepts connections and serves each on its own thread
//! - `connection`: reads requests and writes responses, each with a time limit
//! - `request`, `response`: parsing of requests and serialization of responses
//! - `guard`: checks of the origin of requests
//! - `routes`, `assets`: the API and the files of the page, by path
//! - [`Refusal`]: an error response

mod assets;
mod connection;
mod guard;
mod listen;
mod refusal;
mod request;
mod response;
mod routes;

pub use listen::{MOST_CONNECTIONS, Server};
pub use refusal::Refusal;
