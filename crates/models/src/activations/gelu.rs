use burn::tensor::activation;
use serde::{Deserialize, Serialize};

use super::Activation;
use crate::{Value, values::map_tensor};

/// The Gaussian error linear unit, `x * (1 + erf(x / sqrt(2))) / 2`. Source: Hendrycks and Gimpel, 2016.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gelu;

#[typetag::serde(name = "gelu")]
impl Activation for Gelu {
    fn apply(&self, x: Value) -> Value {
        map_tensor!(x.numbers(), x => activation::gelu(x))
    }
}
