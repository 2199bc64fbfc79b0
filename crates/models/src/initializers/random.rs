//! Uniform and normal distributions.

use kindling_data::random::{normal, truncated_normal};
use rand::{RngExt, rngs::ChaCha8Rng};
use serde::{Deserialize, Serialize};

use super::Initializer;

/// The uniform distribution from `minval` to `maxval`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RandomUniform {
    /// The lower bound. Default: -0.05.
    pub minval: f64,
    /// The upper bound. Default: 0.05.
    pub maxval: f64,
}

/// The normal distribution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RandomNormal {
    /// The mean. Default: 0.
    pub mean: f64,
    /// The standard deviation. Default: 0.05.
    pub stddev: f64,
}

/// The truncated normal distribution: values more than two standard deviations from the mean are redrawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TruncatedNormal {
    /// The mean. Default: 0.
    pub mean: f64,
    /// The standard deviation before truncation. Default: 0.05.
    pub stddev: f64,
}

impl Default for RandomUniform {
    fn default() -> Self {
        Self { minval: -0.05, maxval: 0.05 }
    }
}

impl Default for RandomNormal {
    fn default() -> Self {
        Self { mean: 0.0, stddev: 0.05 }
    }
}

impl Default for TruncatedNormal {
    fn default() -> Self {
        Self { mean: 0.0, stddev: 0.05 }
    }
}

#[typetag::serde]
impl Initializer for RandomUniform {
    fn values(&self, shape: &[usize], random: &mut ChaCha8Rng) -> Vec<f32> {
        let (low, width) = (self.minval as f32, (self.maxval - self.minval) as f32);
        (0..shape.iter().product()).map(|_| low + width * random.random::<f32>()).collect()
    }
}

#[typetag::serde]
impl Initializer for RandomNormal {
    fn values(&self, shape: &[usize], random: &mut ChaCha8Rng) -> Vec<f32> {
        (0..shape.iter().product()).map(|_| (self.mean + self.stddev * normal(random)) as f32).collect()
    }
}

#[typetag::serde]
impl Initializer for TruncatedNormal {
    fn values(&self, shape: &[usize], random: &mut ChaCha8Rng) -> Vec<f32> {
        let draw = |_| (self.mean + self.stddev * truncated_normal(random)) as f32;
        (0..shape.iter().product()).map(draw).collect()
    }
}
