use burn::{
    module::Module,
    tensor::{Tensor, activation::relu},
};
use serde::{Deserialize, Serialize};

use super::super::{BoxedLayer, Layer, LayerModule};
use crate::{Init, ModelError, Pass, Value, values::map_tensor};

/// The rectified linear unit with options: `x` above `threshold`, at most `max_value`, and
/// `negative_slope * (x - threshold)` below the threshold. Keeps the shape. The fields are Keras' arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Relu {
    /// The largest output. Default: none.
    pub max_value: Option<f64>,
    /// Slope below the threshold. Default: 0.
    pub negative_slope: f64,
    /// The value above which `x` is returned unchanged. Default: 0.
    pub threshold: f64,
}

#[typetag::serde(name = "ReLU")]
impl Layer for Relu {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        let options = [
            ("max_value", self.max_value.unwrap_or(0.0)),
            ("negative_slope", self.negative_slope),
            ("threshold", self.threshold),
        ];
        // Keras rejects negative values too.
        match options.into_iter().find(|(_, value)| !value.is_finite() || *value < 0.0) {
            Some((name, value)) => Err(format!("{name} is {value}: give a finite number of at least 0")),
            None => Ok(input.to_vec()),
        }
    }

    fn build(&self, _input: &[usize], _init: &mut Init) -> Result<BoxedLayer, ModelError> {
        Ok(ReluModule { options: *self }.into())
    }
}

#[derive(Module, Debug)]
struct ReluModule {
    #[module(skip)]
    options: Relu,
}

impl LayerModule for ReluModule {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        Ok(map_tensor!(input.numbers(), x => self.apply(x)))
    }
}

impl ReluModule {
    fn apply<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let Relu { max_value, negative_slope, threshold } = self.options;
        let mut output = match threshold > 0.0 {
            true => x.clone() * x.clone().greater_elem(threshold).float(),
            false => relu(x.clone()),
        };
        if let Some(most) = max_value {
            output = output.clamp_max(most);
        }
        match negative_slope > 0.0 {
            true => output - relu(-x + threshold) * negative_slope,
            false => output,
        }
    }
}
