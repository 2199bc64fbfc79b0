use burn::module::Module;
use serde::{Deserialize, Serialize};

use super::super::{BoxedLayer, Layer, LayerModule};
use crate::{Init, ModelError, Pass, Value, activations::elu, values::map_tensor};

/// The exponential linear unit: `x` where `x` is positive, `alpha * (exp(x) - 1)` elsewhere. Keeps the shape. Source:
/// Clevert, Unterthiner and Hochreiter, 2015.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Elu {
    /// Factor of the exponential. Default: 1.
    pub alpha: f64,
}

impl Elu {
    /// Creates a layer with this factor of the exponential.
    pub fn new(alpha: f64) -> Self {
        Self { alpha }
    }
}

impl Default for Elu {
    fn default() -> Self {
        Self::new(1.0)
    }
}

#[typetag::serde(name = "ELU")]
impl Layer for Elu {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        match self.alpha.is_finite() {
            true => Ok(input.to_vec()),
            false => Err(format!("alpha is {}: give a finite number", self.alpha)),
        }
    }

    fn build(&self, _input: &[usize], _init: &mut Init) -> Result<BoxedLayer, ModelError> {
        Ok(EluModule { alpha: self.alpha }.into())
    }
}

#[derive(Module, Debug)]
struct EluModule {
    alpha: f64,
}

impl LayerModule for EluModule {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        Ok(map_tensor!(input.numbers(), x => elu(x, self.alpha)))
    }
}
