use burn::tensor::activation;
use serde::{Deserialize, Serialize};

use super::Activation;
use crate::{Value, values::map_tensor};

/// The exponential linear unit: `x` where `x` is positive, `exp(x) - 1` elsewhere. Source: Clevert, Unterthiner and
/// Hochreiter, 2015.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Elu;

#[typetag::serde(name = "elu")]
impl Activation for Elu {
    fn apply(&self, x: Value) -> Value {
        map_tensor!(x.numbers(), x => activation::elu(x, 1.0))
    }
}
