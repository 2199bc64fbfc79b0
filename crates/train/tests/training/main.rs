//! Fit, evaluate and predict.

#[path = "../common/mod.rs"]
mod common;

mod batch_norm;
mod chunks;
mod class_weights;
mod edges;
mod figures;
mod fit_options;
mod histories;
mod hostile_checkpoints;
mod inputs_only;
mod kernel_steps;
mod not_finite;
mod own_modules;
mod own_randomness;
#[cfg(feature = "plots")]
mod pages;
mod recordings;
mod refusals;
mod resume;
mod same_seed;
mod sample_weights;
