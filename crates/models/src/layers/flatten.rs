//! Flatten: each sample's values in one row.

use burn::module::Module;

use crate::Value;

/// From `[batch, ...]` to `[batch, features]`.
#[derive(Module, Debug, Default)]
pub struct Flatten {}

impl Flatten {
    /// The input's values, one row a sample.
    pub fn forward(&self, input: Value) -> Value {
        Value::Rank2(input.flatten())
    }
}
