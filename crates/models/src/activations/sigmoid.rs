use burn::tensor::activation;
use kindling_ops::kernels;
use serde::{Deserialize, Serialize};

use super::Activation;
use crate::{Value, values::map_tensor};

/// The logistic function, `1 / (1 + exp(-x))`: one probability per value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sigmoid;

#[typetag::serde(name = "sigmoid")]
impl Activation for Sigmoid {
    fn apply(&self, x: Value) -> Value {
        map_tensor!(x.numbers(), x => activation::sigmoid(x))
    }

    fn kernel(&self) -> Option<kernels::Activation> {
        Some(kernels::Activation::Sigmoid)
    }
}
