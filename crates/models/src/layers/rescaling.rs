//! Rescaling: scales and shifts its input.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use super::{BoxedLayer, Layer, LayerModule};
use crate::{Init, ModelError, Pass, Value, values::map_tensor};

/// A layer that computes `x * scale + offset`. Keeps the shape. [`Column::pixels`](kindling_data::Column::pixels) are
/// scaled to the range from 0 to 1 without this layer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rescaling {
    /// The factor.
    pub scale: f64,
    /// The offset. Default: 0.
    #[serde(default)]
    pub offset: f64,
}

impl Rescaling {
    /// Creates a layer that computes `x * scale + offset`.
    pub fn new(scale: f64, offset: f64) -> Self {
        Self { scale, offset }
    }
}

#[typetag::serde]
impl Layer for Rescaling {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        match self.scale.is_finite() && self.offset.is_finite() {
            true => Ok(input.to_vec()),
            false => Err(format!("scale is {}, offset {}: give finite numbers", self.scale, self.offset)),
        }
    }

    fn build(&self, _input: &[usize], _init: &mut Init) -> Result<BoxedLayer, ModelError> {
        Ok(RescalingModule { scale: self.scale, offset: self.offset }.into())
    }
}

#[derive(Module, Debug)]
struct RescalingModule {
    scale: f64,
    offset: f64,
}

impl LayerModule for RescalingModule {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        Ok(map_tensor!(input.numbers(), x => x * self.scale + self.offset))
    }
}
