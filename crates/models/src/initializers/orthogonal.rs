use kindling_data::random::normal;
use rand::rngs::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::Initializer;

/// An orthogonal matrix times `gain`. The leading axes of the shape count as rows. The rows are orthogonal if there are
/// at most as many of them as columns, otherwise the columns are. Source: Saxe et al., 2013.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Orthogonal {
    /// The factor of the matrix. Default: 1.
    pub gain: f64,
}

impl Default for Orthogonal {
    fn default() -> Self {
        Self { gain: 1.0 }
    }
}

#[typetag::serde]
impl Initializer for Orthogonal {
    fn values(&self, shape: &[usize], random: &mut ChaCha8Rng) -> Vec<f32> {
        let columns = shape.last().copied().unwrap_or(1);
        let rows = shape.iter().product::<usize>() / columns.max(1);
        let (short, long) = (rows.min(columns), rows.max(columns));
        let mut basis: Vec<Vec<f64>> = Vec::with_capacity(short);
        for _ in 0..short {
            // The direction of a vector of normal draws is uniform. Gram-Schmidt: subtract the projections on earlier
            // vectors.
            let mut vector: Vec<f64> = (0..long).map(|_| normal(random)).collect();
            for earlier in &basis {
                let projection: f64 = vector.iter().zip(earlier).map(|(a, b)| a * b).sum();
                vector.iter_mut().zip(earlier).for_each(|(a, b)| *a -= projection * b);
            }
            let length = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
            vector.iter_mut().for_each(|value| *value /= length);
            basis.push(vector);
        }
        let value = |row: usize, column: usize| match rows <= columns {
            true => basis[row][column],
            false => basis[column][row],
        };
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        places.map(|(row, column)| (self.gain * value(row, column)) as f32).collect()
    }
}
