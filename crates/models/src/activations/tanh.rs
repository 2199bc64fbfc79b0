use burn::tensor::activation;
use kindling_ops::kernels;
use serde::{Deserialize, Serialize};

use super::Activation;
use crate::{Value, values::map_tensor};

/// The hyperbolic tangent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tanh;

#[typetag::serde(name = "tanh")]
impl Activation for Tanh {
    fn apply(&self, x: Value) -> Value {
        map_tensor!(x.numbers(), x => activation::tanh(x))
    }

    fn kernel(&self) -> Option<kernels::Activation> {
        Some(kernels::Activation::Tanh)
    }
}
