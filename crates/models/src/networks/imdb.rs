//! Section 3.4 (3.5 in the notebooks): film reviews, praise or blame.

use burn::config::Config;

use super::Stack;
use crate::{
    Activation::{Relu, Sigmoid},
    Sequential,
};

/// A review's words as a multi-hot vector, two hidden layers, one probability: `[batch, words]` to `[batch, 1]`.
#[derive(Config, Debug)]
pub struct ImdbConfig {
    /// Words that are told apart.
    #[config(default = 10_000)]
    pub words: usize,
    /// Units of each hidden layer.
    #[config(default = 16)]
    pub hidden_units: usize,
}

impl Stack for ImdbConfig {
    fn sequential(&self) -> Sequential {
        let units = self.hidden_units;
        Sequential::new(self.words).dense(units, Relu).dense(units, Relu).dense(1, Sigmoid)
    }
}

/// The section's other form: a review's last words, padded, through an embedding: `[batch, steps]` to `[batch, 1]`.
#[derive(Config, Debug)]
pub struct ImdbEmbeddingConfig {
    /// Words that are told apart.
    #[config(default = 10_000)]
    pub words: usize,
    /// Words a review is padded or cut to.
    #[config(default = 200)]
    pub steps: usize,
    /// Length of a word's vector.
    #[config(default = 8)]
    pub dimensions: usize,
}

impl Stack for ImdbEmbeddingConfig {
    fn sequential(&self) -> Sequential {
        Sequential::new(self.steps).embedding(self.words, self.dimensions).flatten().dense(1, Sigmoid)
    }
}
