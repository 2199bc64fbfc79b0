//! The book's networks, by name.

mod boston;
mod imdb;
mod mnist;
mod reuters;

pub use boston::BostonConfig;
pub use imdb::{ImdbConfig, ImdbEmbeddingConfig};
pub use mnist::MnistConfig;
pub use reuters::ReutersConfig;

use burn::tensor::Device;

use crate::{Architecture, ModelError, Sequential, SequentialNetwork};

/// The configuration of a network that is a stack of layers.
pub trait Stack {
    /// The stack.
    fn sequential(&self) -> Sequential;
}

macro_rules! architecture_of_stack {
    ($($config:ty),*) => {$(
        impl Architecture for $config {
            type Network = SequentialNetwork;

            fn build(&self, device: &Device, seed: u64) -> Result<SequentialNetwork, ModelError> {
                self.sequential().build(device, seed)
            }
        }
    )*};
}

architecture_of_stack!(MnistConfig, ImdbConfig, ImdbEmbeddingConfig, ReutersConfig, BostonConfig);
