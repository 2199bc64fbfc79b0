//! An HTTP/1.1 server on the loopback that answers its own pages only.
//!
//! - `listen`: accepts connections, each on a thread of its own
//! - `connection`: reads requests from a connection and writes responses, each within its time
//! - `request`, `response`: the two, as bytes and as values
//! - `guard`: which requests are refused whatever they ask for
//! - `routes`, `assets`: the paths
//! - [`Refusal`]: why a request is refused

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
