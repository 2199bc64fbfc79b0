//! Makes commands for the playground and for everything else agree on the features of shared crates.
//!
//! Cargo unites the features that the selected packages ask for. `cargo run --example NAME` selects the default members,
//! `cargo run -p kindling-playground` the playground alone; without this crate the two would differ, and each would compile
//! Burn for itself. Both the playground and a default member depend on it. There is no code.

#![forbid(unsafe_code)]
