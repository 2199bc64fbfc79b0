use serde::{Deserialize, Serialize};

use super::{
    super::{BoxedLayer, Layer},
    Unchanged,
};
use crate::{Init, IntoPart, ModelError, Part, activations, layers::axes::resolve};

/// The softmax function along the last axis, as a layer: [`activations::Softmax`]. Keeps the shape.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Softmax {
    /// The axis along which the outputs sum to 1. Only the last axis is supported. The batch axis is axis 0; negative
    /// numbers count from the end. Default: -1.
    pub axis: isize,
}

impl Default for Softmax {
    fn default() -> Self {
        Self { axis: -1 }
    }
}

#[typetag::serde]
impl Layer for Softmax {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        match resolve(self.axis, input)? == input.len() {
            true => Ok(input.to_vec()),
            false => Err(format!("axis is {}: only the last axis, -1, is supported", self.axis)),
        }
    }

    fn build(&self, _input: &[usize], _init: &mut Init) -> Result<BoxedLayer, ModelError> {
        Ok(Unchanged {}.into())
    }

    fn activation(&self) -> Part<dyn activations::Activation> {
        activations::Softmax.into_part()
    }
}
