//! Section 3.5 (3.6 in the notebooks): newswires of 46 topics.

use burn::config::Config;

use super::Stack;
use crate::{
    Activation::{Relu, Softmax},
    Sequential,
};

/// A newswire's words as a multi-hot vector, two hidden layers, 46 topics: `[batch, words]` to `[batch, topics]`.
#[derive(Config, Debug)]
pub struct ReutersConfig {
    /// Words that are told apart.
    #[config(default = 10_000)]
    pub words: usize,
    /// Topics.
    #[config(default = 46)]
    pub topics: usize,
    /// Units of the first hidden layer.
    #[config(default = 64)]
    pub first_units: usize,
    /// Units of the second hidden layer; 4 make the section's bottleneck.
    #[config(default = 64)]
    pub second_units: usize,
}

impl Stack for ReutersConfig {
    fn sequential(&self) -> Sequential {
        let network =
            Sequential::new(self.words).dense(self.first_units, Relu).dense(self.second_units, Relu);
        network.dense(self.topics, Softmax)
    }
}
