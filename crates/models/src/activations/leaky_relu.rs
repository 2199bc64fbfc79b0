use burn::tensor::activation;
use serde::{Deserialize, Serialize};

use super::Activation;
use crate::{Value, values::map_tensor};

/// The leaky rectified linear unit: `x` where `x` is positive, `0.2 * x` elsewhere. The layer
/// [`LeakyRelu`](crate::layers::LeakyRelu) takes the slope as an option. Source: Maas, Hannun and Ng, 2013.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LeakyRelu;

#[typetag::serde(name = "leaky_relu")]
impl Activation for LeakyRelu {
    fn apply(&self, x: Value) -> Value {
        map_tensor!(x.numbers(), x => activation::leaky_relu(x, 0.2))
    }
}
