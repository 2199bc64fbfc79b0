use rand::rngs::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::Initializer;

/// The identity matrix times `gain`, for weights of rank 2.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// The factor of the matrix. Default: 1.
    pub gain: f64,
}

impl Default for Identity {
    fn default() -> Self {
        Self { gain: 1.0 }
    }
}

#[typetag::serde]
impl Initializer for Identity {
    /// Returns an empty vector if the shape is not a matrix; [`Init::weight`](crate::Init::weight) reports the error.
    fn values(&self, shape: &[usize], _: &mut ChaCha8Rng) -> Vec<f32> {
        let &[rows, columns] = shape else { return Vec::new() };
        let mut values = vec![0.0; rows * columns];
        (0..rows.min(columns)).for_each(|place| values[place * columns + place] = self.gain as f32);
        values
    }

    fn is_random(&self) -> bool {
        false
    }
}
