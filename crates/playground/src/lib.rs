//! A page on the loopback to try trained models and to watch small networks train. All of its files are compiled in.
//!
//! - [`server`]: connections, guards and paths; the files of the page are in `assets`
//! - [`models`]: where models come from: an earlier run, or a training at the start
//! - [`digits`], [`texts`], [`houses`]: the questions and answers of each tab
//! - [`toy`]: live training of small networks
//!
//! All connections share one [`App`]. Each connection has a thread, which also computes its answers.

#![forbid(unsafe_code)]

mod app;
pub mod digits;
pub mod houses;
pub mod models;
pub mod server;
pub mod texts;
pub mod toy;

pub use app::App;
