use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

use super::Activation;
use crate::{Value, values::map_tensor};

/// The softmax function, `exp(x) / sum(exp(x))`: probabilities that sum to one along the last axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Softmax;

#[typetag::serde(name = "softmax")]
impl Activation for Softmax {
    fn apply(&self, x: Value) -> Value {
        map_tensor!(x.numbers(), x => along_last_axis(x))
    }
}

fn along_last_axis<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    activation::softmax(x, D - 1)
}
