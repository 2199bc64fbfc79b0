//! A page on the loopback to try trained models. Everything that the page needs is in the program.
//!
//! - [`server`]: connections, which requests are refused, and the paths; its files are in `assets`
//! - [`models`]: where models come from: an earlier run, or a training at the start
//! - [`digits`], [`texts`], [`houses`]: what is asked of them, and what they answer
//! - [`toy`]: small networks that learn while one watches
//!
//! Requests are answered from one [`App`], which all connections share. Whatever computes runs on a thread of its own
//! (`server::answer::blocking`), so that the threads that serve connections never wait for it.

#![forbid(unsafe_code)]

mod app;
pub mod digits;
pub mod houses;
pub mod models;
pub mod server;
pub mod texts;
pub mod toy;

pub use app::App;
