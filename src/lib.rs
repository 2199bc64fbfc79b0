#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]
//!
//! # Map
//!
//! This crate re-exports three crates and adds [`backend`].
//!
//! - [`prelude`]: the names that most programs need. Everything else is imported from its module:
//!   `use kindling::{activations::Relu, losses::Huber, metrics::F1Score, optimizers::Adam};`
//! - [`data`]: files, arrays, samples. At the root: [`preprocessing`], [`splits`], [`tables`].
//! - [`models`]: networks and their weights. At the root: [`activations`], [`initializers`], [`layers`], [`networks`].
//! - [`train`]: training, evaluation and prediction. At the root: [`losses`], [`metrics`], [`optimizers`], [`schedules`],
//!   [`callbacks`], [`experiments`], [`evaluation`], and with the feature `plots` `plots` and `report`.
//! - [`burn`], [`rand`], [`serde`], [`typetag`]: the crates that custom parts need, in the versions that this crate uses.
//!
//! # Custom parts
//!
//! Losses, metrics, optimizers, layers, activations, initializers, schedules, callbacks, splitters and preprocessing
//! steps are traits. A crate that implements them needs this dependency only: `use kindling::{burn, typetag};` brings
//! the names into scope that Burn's derive macros and the attribute `#[typetag::serde]` refer to.
//!
//! ```
//! use kindling::{
//!     burn::{self, config::Config, tensor::Tensor},
//!     losses::{Loss, Output, Target},
//!     typetag,
//! };
//!
//! /// The mean of `|predicted - target|^power`.
//! #[derive(Config, Debug)]
//! struct Power {
//!     power: f64,
//! }
//!
//! #[typetag::serde]
//! impl Loss for Power {
//!     fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
//!         output.per_sample((output.predictions() - target.values()).abs().powf_scalar(self.power))
//!     }
//! }
//! ```
//!
//! Examples in the documentation of the three crates import from `kindling_data`, `kindling_models` and `kindling_train`;
//! in a crate that depends on kindling only, these are [`kindling::data`](data), [`kindling::models`](models) and
//! [`kindling::train`](train), and `burn` is `kindling::burn`.
//!
//! # Features
//!
//! Default: `flex`, `bundled`, `download`, `plots`.
//!
//! - `flex`, `ndarray`, `wgpu`, `vulkan`, `metal`, `cuda`, `rocm`, `cpu`, `remote`: one backend each, see [`backend`]
//! - `remote-server`: the server for `remote`
//! - `bundled`: copies of Reuters, Boston Housing and a sample of MNIST, compiled in
//! - `download`: downloads of data sets
//! - `plots`: charts and reports

pub mod backend;
pub mod prelude;

pub use burn;
pub use kindling_data as data;
pub use kindling_data::{preprocessing, splits, tables};
pub use kindling_models as models;
pub use kindling_models::{activations, initializers, layers, networks};
pub use kindling_train as train;
pub use kindling_train::{
    callbacks, evaluation, experiments, interrupt, losses, metrics, optimizers, schedules,
};
#[cfg(feature = "plots")]
pub use kindling_train::{plots, report};
pub use rand;
pub use serde;
pub use typetag;
