use burn::{module::Module, tensor::activation};
use serde::{Deserialize, Serialize};

use super::super::{BoxedLayer, Layer, LayerModule};
use crate::{Init, ModelError, Pass, Value, values::map_tensor};

/// The leaky rectified linear unit: `x` where `x` is positive, `negative_slope * x` elsewhere. Keeps the shape. Source:
/// Maas, Hannun and Ng, 2013.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeakyRelu {
    /// Slope for negative values. Default: 0.3.
    pub negative_slope: f64,
}

impl LeakyRelu {
    /// Creates a layer with this slope for negative values.
    pub fn new(negative_slope: f64) -> Self {
        Self { negative_slope }
    }
}

impl Default for LeakyRelu {
    fn default() -> Self {
        Self::new(0.3)
    }
}

#[typetag::serde(name = "LeakyReLU")]
impl Layer for LeakyRelu {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        match self.negative_slope.is_finite() && self.negative_slope >= 0.0 {
            true => Ok(input.to_vec()),
            false => {
                Err(format!("negative_slope is {}: give a finite number of at least 0", self.negative_slope))
            }
        }
    }

    fn build(&self, _input: &[usize], _init: &mut Init) -> Result<BoxedLayer, ModelError> {
        Ok(LeakyReluModule { negative_slope: self.negative_slope }.into())
    }
}

#[derive(Module, Debug)]
struct LeakyReluModule {
    negative_slope: f64,
}

impl LayerModule for LeakyReluModule {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        Ok(map_tensor!(input.numbers(), x => activation::leaky_relu(x, self.negative_slope)))
    }
}
