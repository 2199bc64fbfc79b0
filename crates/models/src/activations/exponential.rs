use serde::{Deserialize, Serialize};

use super::Activation;
use crate::{Value, values::map_tensor};

/// The exponential function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Exponential;

#[typetag::serde(name = "exponential")]
impl Activation for Exponential {
    fn apply(&self, x: Value) -> Value {
        map_tensor!(x.numbers(), x => x.exp())
    }
}
