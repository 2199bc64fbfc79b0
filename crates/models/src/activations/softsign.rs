use serde::{Deserialize, Serialize};

use super::Activation;
use crate::{Value, values::map_tensor};

/// The softsign function, `x / (1 + |x|)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Softsign;

#[typetag::serde(name = "softsign")]
impl Activation for Softsign {
    fn apply(&self, x: Value) -> Value {
        map_tensor!(x.numbers(), x => x.clone() / (x.abs() + 1.0))
    }
}
