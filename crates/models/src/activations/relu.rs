use burn::tensor::activation;
use kindling_ops::kernels;
use serde::{Deserialize, Serialize};

use super::Activation;
use crate::{Value, values::map_tensor};

/// The rectified linear unit, `max(x, 0)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Relu;

#[typetag::serde(name = "relu")]
impl Activation for Relu {
    fn apply(&self, x: Value) -> Value {
        map_tensor!(x.numbers(), x => activation::relu(x))
    }

    fn kernel(&self) -> Option<kernels::Activation> {
        Some(kernels::Activation::Relu)
    }
}
