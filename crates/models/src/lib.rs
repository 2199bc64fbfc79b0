#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

pub mod activations;
mod error;
mod init;
pub mod initializers;
pub mod keras_file;
pub mod layers;
mod network;
pub mod networks;
pub mod part;
mod regularizer;
mod sequential;
mod values;
mod weights;

pub use error::ModelError;
pub use init::{Init, Reserved};
pub use network::{InputSpec, Network, OutputSpec, Pass};
pub use part::{IntoPart, Part};
pub use regularizer::Regularizer;
pub use sequential::{KernelPass, Sequential, SequentialNetwork};
pub use values::{SparseTensor, Value, computes_in_host_memory};
#[doc(hidden)]
pub use values::{absolute, pieces};
pub use weights::Weights;
