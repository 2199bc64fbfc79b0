//! A local web page to try trained models and to watch small networks train. All files of the page are compiled in.
//!
//! - [`server`]: the HTTP server; the files of the page are in `assets`
//! - [`models`]: models from an earlier run, or trained at startup
//! - [`digits`], [`texts`], [`houses`]: requests and responses of each tab
//! - [`toy`]: live training of small networks
//!
//! All connections share one [`App`]. Each connection has a thread, which also computes the predictions.

#![forbid(unsafe_code)]

mod app;
pub mod digits;
pub mod houses;
pub mod models;
mod panics;
pub mod server;
pub mod texts;
pub mod toy;

pub use app::App;
