//! An activation function as a layer of its own.

use burn::module::Module;

use crate::{Activation, Value, value::map_tensor};

/// Applies an activation function; the shape stays.
#[derive(Module, Debug)]
pub struct ActivationLayer {
    #[module(skip)]
    function: Activation,
}

impl ActivationLayer {
    pub(super) fn new(function: Activation) -> Self {
        Self { function }
    }

    /// The function's value for each element.
    pub fn forward(&self, input: Value) -> Value {
        map_tensor!(input, x => self.function.apply(x))
    }
}
