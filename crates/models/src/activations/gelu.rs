use std::f64::consts::SQRT_2;

use serde::{Deserialize, Serialize};

use super::Activation;
use crate::{Value, values::map_tensor};

/// The Gaussian error linear unit, `x * (1 + erf(x / sqrt(2))) / 2`. Source: Hendrycks and Gimpel, 2016.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gelu;

#[typetag::serde(name = "gelu")]
impl Activation for Gelu {
    fn apply(&self, x: Value) -> Value {
        // Not Burn's `gelu`: on some backends its gradient is an approximation with an error of up to 9e-4.
        map_tensor!(x.numbers(), x => x.clone() * (x / SQRT_2).erf().add_scalar(1).mul_scalar(0.5))
    }
}
