use burn::tensor::{Tensor, activation::relu};
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
        map_tensor!(x.numbers(), x => elu(x, 1.0))
    }
}

/// Returns `x` where it is positive, `alpha * (exp(x) - 1)` elsewhere.
pub(crate) fn elu<const D: usize>(x: Tensor<D>, alpha: f64) -> Tensor<D> {
    // Clamp first: the exponential of a large positive number is infinite, and its gradient would be NaN.
    let negative = (x.clone().clamp_max(0.0).exp() - 1.0) * alpha;
    relu(x) + negative
}
