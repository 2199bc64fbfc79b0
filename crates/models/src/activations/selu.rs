use serde::{Deserialize, Serialize};

use super::{Activation, elu::elu};
use crate::{Value, values::map_tensor};

/// The scaled exponential linear unit: `1.0507 * elu(x, 1.6733)`. Source: Klambauer et al., 2017.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Selu;

#[typetag::serde(name = "selu")]
impl Activation for Selu {
    fn apply(&self, x: Value) -> Value {
        map_tensor!(x.numbers(), x => elu(x, 1.673_263_242_354_377_2) * 1.050_700_987_355_480_5)
    }
}
