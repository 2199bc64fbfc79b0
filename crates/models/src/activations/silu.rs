use burn::tensor::activation;
use serde::{Deserialize, Serialize};

use super::Activation;
use crate::{Value, values::map_tensor};

/// The sigmoid linear unit or swish, `x * sigmoid(x)`. Source: Elfwing, Uchibe and Doya, 2017.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Silu;

#[typetag::serde(name = "silu")]
impl Activation for Silu {
    fn apply(&self, x: Value) -> Value {
        map_tensor!(x.numbers(), x => activation::silu(x))
    }
}
