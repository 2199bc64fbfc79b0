//! Section 2.1: handwritten digits.

use burn::config::Config;

use super::Stack;
use crate::{
    Activation::{Relu, Softmax},
    Sequential,
};

/// 784 pixels, one hidden layer, ten classes: `[batch, 784]` to `[batch, 10]`.
#[derive(Config, Debug)]
pub struct MnistConfig {
    /// Units of the hidden layer.
    #[config(default = 512)]
    pub hidden_units: usize,
}

impl Stack for MnistConfig {
    fn sequential(&self) -> Sequential {
        Sequential::new(28 * 28).dense(self.hidden_units, Relu).dense(10, Softmax)
    }
}
