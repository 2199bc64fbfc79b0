use kindling_ops::kernels;
use serde::{Deserialize, Serialize};

use super::Activation;
use crate::Value;

/// The identity: no activation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Linear;

#[typetag::serde(name = "linear")]
impl Activation for Linear {
    fn apply(&self, x: Value) -> Value {
        x
    }

    fn kernel(&self) -> Option<kernels::Activation> {
        Some(kernels::Activation::Linear)
    }
}
