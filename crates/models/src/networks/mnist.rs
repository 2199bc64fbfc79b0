//! The book's first network, section 2.1: handwritten digits.

use burn::{config::Config, tensor::Device};

use crate::{
    Activation::{Relu, Softmax},
    Architecture, ModelError, Sequential, SequentialNetwork,
};

/// 784 pixels, one hidden layer, ten classes: `[batch, 784]` to `[batch, 10]`.
#[derive(Config, Debug)]
pub struct MnistConfig {
    /// Units of the hidden layer.
    #[config(default = 512)]
    pub hidden_units: usize,
}

impl MnistConfig {
    /// The stack of layers.
    pub fn sequential(&self) -> Sequential {
        Sequential::new(28 * 28).dense(self.hidden_units, Relu).dense(10, Softmax)
    }
}

impl Architecture for MnistConfig {
    type Network = SequentialNetwork;

    fn build(&self, device: &Device, seed: u64) -> Result<SequentialNetwork, ModelError> {
        self.sequential().build(device, seed)
    }
}
