use rand::rngs::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::Initializer;

/// The constant 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Zeros;

/// The constant 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ones;

/// The constant `value`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Constant {
    /// The value. Default: 0.
    pub value: f64,
}

macro_rules! constant {
    ($constant:ty, $self:ident => $value:expr) => {
        #[typetag::serde]
        impl Initializer for $constant {
            fn values(&$self, shape: &[usize], _: &mut ChaCha8Rng) -> Vec<f32> {
                vec![$value; shape.iter().product()]
            }

            fn is_random(&self) -> bool {
                false
            }
        }
    };
}

constant!(Zeros, self => 0.0);
constant!(Ones, self => 1.0);
constant!(Constant, self => self.value as f32);
