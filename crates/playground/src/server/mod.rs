//! The server: it speaks HTTP/1.1 on the loopback, to pages of its own only.

mod answer;
mod assets;
mod guard;
mod listen;
mod refusal;
mod routes;

pub use listen::{Server, most_connections};
pub use refusal::Refusal;
