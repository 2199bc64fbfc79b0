//! Section 3.6 (3.7 in the notebooks): house prices.

use burn::config::Config;

use super::Stack;
use crate::{
    Activation::{Linear, Relu},
    Sequential,
};

/// Thirteen standardised features, two hidden layers, one number: `[batch, features]` to `[batch, 1]`.
#[derive(Config, Debug)]
pub struct BostonConfig {
    /// Features.
    #[config(default = 13)]
    pub features: usize,
    /// Units of each hidden layer.
    #[config(default = 64)]
    pub hidden_units: usize,
}

impl Stack for BostonConfig {
    fn sequential(&self) -> Sequential {
        let units = self.hidden_units;
        Sequential::new(self.features).dense(units, Relu).dense(units, Relu).dense(1, Linear)
    }
}
