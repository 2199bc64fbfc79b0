#![doc = include_str!("../README.md")]

mod activation;
mod error;
mod initializer;
mod input;
pub mod layers;
mod memory;
mod network;
pub mod networks;
mod regularizer;
mod sequential;
mod summary;
mod value;
mod weights;

pub use activation::Activation;
pub use error::ModelError;
pub use input::{Input, InputSpec, MultiHotTensor};
pub use layers::{Conv2dConfig, DenseConfig, EmbeddingConfig, LayerConfig, LstmConfig, Padding};
pub use memory::computes_in_host_memory;
pub use network::{Architecture, Network, OutputSpec, Pass};
pub use regularizer::Regularizer;
pub use sequential::{Sequential, SequentialNetwork};
pub use value::Value;
pub use weights::Weights;
