//! Distributions whose variance depends on the fan-in and fan-out of a kernel.

use kindling_data::random::truncated_normal;
use rand::{RngExt, rngs::ChaCha8Rng};
use serde::{Deserialize, Serialize};

use super::{Initializer, RandomNormal, fans};

/// Draws from the uniform distribution within `±limit`.
fn uniform(shape: &[usize], limit: f64, random: &mut ChaCha8Rng) -> Vec<f32> {
    let limit = limit as f32;
    (0..shape.iter().product()).map(|_| random.random_range(-limit..=limit)).collect()
}

/// Draws from the truncated normal distribution whose standard deviation after truncation is `deviation`.
fn normal(shape: &[usize], deviation: f64, random: &mut ChaCha8Rng) -> Vec<f32> {
    // The standard deviation of a standard normal distribution that is truncated at ±2.
    let scale = deviation / 0.879_625_661_034_239_8;
    (0..shape.iter().product()).map(|_| (truncated_normal(random) * scale) as f32).collect()
}

/// The fan of a kernel that [`VarianceScaling`] divides by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FanMode {
    /// The number of inputs of each unit.
    #[default]
    FanIn,
    /// The number of outputs of each input.
    FanOut,
    /// The average of the two.
    FanAvg,
}

/// A distribution that [`VarianceScaling`] draws from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// The truncated normal distribution: values more than two standard deviations from the mean are redrawn.
    #[default]
    TruncatedNormal,
    /// The normal distribution.
    UntruncatedNormal,
    /// The uniform distribution around 0.
    Uniform,
}

/// A distribution with mean 0 and variance `scale / n`, where `n` is a fan of the kernel. The Glorot, He and LeCun
/// initializers are special cases.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct VarianceScaling {
    /// The factor of the variance, a positive number. Default: 1.
    pub scale: f64,
    /// The fan that the variance is divided by. Default: [`FanMode::FanIn`].
    pub mode: FanMode,
    /// The distribution. Default: [`Distribution::TruncatedNormal`].
    pub distribution: Distribution,
}

impl Default for VarianceScaling {
    fn default() -> Self {
        Self { scale: 1.0, mode: FanMode::default(), distribution: Distribution::default() }
    }
}

#[typetag::serde]
impl Initializer for VarianceScaling {
    fn values(&self, shape: &[usize], random: &mut ChaCha8Rng) -> Vec<f32> {
        let (inputs, outputs) = fans(shape);
        let (inputs, outputs) = (inputs.max(1) as f64, outputs.max(1) as f64);
        let fan = match self.mode {
            FanMode::FanIn => inputs,
            FanMode::FanOut => outputs,
            FanMode::FanAvg => (inputs + outputs) / 2.0,
        };
        // A scale that is not positive counts as 0. The upper limit keeps values finite in f32.
        let scale = if self.scale > 0.0 { self.scale.min(1e30) } else { 0.0 };
        match self.distribution {
            Distribution::TruncatedNormal => normal(shape, (scale / fan).sqrt(), random),
            Distribution::UntruncatedNormal => {
                let stddev = (scale / fan).sqrt();
                RandomNormal { mean: 0.0, stddev }.values(shape, random)
            }
            // A uniform distribution within ±limit has the variance limit² / 3.
            Distribution::Uniform => uniform(shape, (3.0 * scale / fan).sqrt(), random),
        }
    }
}

macro_rules! special_case {
    ($(#[doc = $doc:literal])+ $name:ident, $scale:literal, $mode:ident, $distribution:ident) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
        pub struct $name;

        #[typetag::serde]
        impl Initializer for $name {
            fn values(&self, shape: &[usize], random: &mut ChaCha8Rng) -> Vec<f32> {
                let (mode, distribution) = (FanMode::$mode, Distribution::$distribution);
                VarianceScaling { scale: $scale, mode, distribution }.values(shape, random)
            }
        }
    };
}

special_case!(
    /// Uniform within `±sqrt(6 / (inputs + outputs))`. Source: Glorot and Bengio, 2010.
    GlorotUniform,
    1.0,
    FanAvg,
    Uniform
);
special_case!(
    /// Truncated normal with standard deviation `sqrt(2 / (inputs + outputs))`. Source: Glorot and Bengio, 2010.
    GlorotNormal,
    1.0,
    FanAvg,
    TruncatedNormal
);
special_case!(
    /// Uniform within `±sqrt(6 / inputs)`. Source: He et al., 2015.
    HeUniform,
    2.0,
    FanIn,
    Uniform
);
special_case!(
    /// Truncated normal with standard deviation `sqrt(2 / inputs)`. Source: He et al., 2015.
    HeNormal,
    2.0,
    FanIn,
    TruncatedNormal
);
special_case!(
    /// Uniform within `±sqrt(3 / inputs)`. Source: LeCun et al., 1998.
    LecunUniform,
    1.0,
    FanIn,
    Uniform
);
special_case!(
    /// Truncated normal with standard deviation `sqrt(1 / inputs)`. Source: LeCun et al., 1998.
    LecunNormal,
    1.0,
    FanIn,
    TruncatedNormal
);
