//! Activation functions as layers.

mod elu;
mod leaky_relu;
mod relu;
mod softmax;

use burn::module::Module;
use serde::{Deserialize, Serialize};

pub use self::{elu::Elu, leaky_relu::LeakyRelu, relu::Relu, softmax::Softmax};
use super::{BoxedLayer, Layer, LayerModule};
use crate::{Init, IntoPart, ModelError, Part, Pass, Value, activations};

/// A layer that applies an activation function. Keeps the shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activation {
    /// The activation function.
    pub activation: Part<dyn activations::Activation>,
}

impl Activation {
    /// Creates a layer that applies `activation`.
    pub fn new(activation: impl IntoPart<dyn activations::Activation>) -> Self {
        Self { activation: activation.into_part() }
    }
}

#[typetag::serde]
impl Layer for Activation {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        Ok(input.to_vec())
    }

    fn build(&self, _input: &[usize], _init: &mut Init) -> Result<BoxedLayer, ModelError> {
        Ok(Unchanged {}.into())
    }

    fn activation(&self) -> Part<dyn activations::Activation> {
        self.activation.clone()
    }
}

/// The identity: the stack applies the activation.
#[derive(Module, Debug)]
struct Unchanged {}

impl LayerModule for Unchanged {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        Ok(input.numbers())
    }
}
