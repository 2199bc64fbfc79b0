use serde::{Deserialize, Serialize};

use super::Activation;
use crate::{Value, values::map_tensor};

/// A piecewise linear approximation of the sigmoid: `x / 6 + 1 / 2`, clipped to the range from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HardSigmoid;

#[typetag::serde(name = "hard_sigmoid")]
impl Activation for HardSigmoid {
    fn apply(&self, x: Value) -> Value {
        map_tensor!(x.numbers(), x => (x + 3.0).clamp(0.0, 6.0) / 6.0)
    }
}
