use burn::tensor::activation;
use serde::{Deserialize, Serialize};

use super::Activation;
use crate::{Value, values::map_tensor};

/// The softplus function, `ln(1 + exp(x))`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Softplus;

#[typetag::serde(name = "softplus")]
impl Activation for Softplus {
    fn apply(&self, x: Value) -> Value {
        map_tensor!(x.numbers(), x => -activation::log_sigmoid(-x))
    }
}
