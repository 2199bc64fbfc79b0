#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]
//!
//! # Map
//!
//! - [`losses`], [`metrics`], [`optimizers`] and [`schedules`]: the parts that a model is compiled with.
//! - [`Model`]: compile, fit, evaluate, predict, save; [`Callback`]s watch the training, [`callbacks`] has Keras'.
//! - [`experiments`]: cross-validation, comparisons of variants, searches, baselines.
//! - [`evaluation`]: confusion matrices, mistakes, and which words decide.
//! - [`plots`] and [`report`]: pictures and pages.
//!
//! Dependencies run in this order, from first to last.

// The code that `#[derive(RecordState)]` writes looks for these in the crate's root.
use burn::optim::{RecordState, StateSink, StateSource};

pub mod callbacks;
mod checkpoint_file;
mod error;
pub mod evaluation;
mod exact;
pub mod experiments;
pub mod interrupt;
pub mod losses;
pub mod metrics;
mod model;
pub mod optimizers;
#[cfg(feature = "plots")]
pub mod plots;
mod receipt;
mod recording;
#[cfg(feature = "plots")]
pub mod report;
pub mod schedules;

pub use error::TrainError;
pub use model::{
    Callback, CallbackState, Compile, Compiling, FitOptions, History, Logs, Model, NotFiniteAction,
    NotFiniteCause, Objective, Predictor, SilentUnits, Trained, Training,
};
pub use receipt::{ModelHash, Receipt, ReceiptEntry, instructions};
pub use recording::{Change, Move, Recording};
