//! Distributions whose spread depends on the fan-in and fan-out of a kernel.

use kindling_data::random::truncated_normal;
use rand::{RngExt, rngs::ChaCha8Rng};
use serde::{Deserialize, Serialize};

use super::{Initializer, fans};

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

macro_rules! variance_scaling {
    ($(#[doc = $doc:literal])+ $name:ident, |$inputs:ident, $outputs:ident| $draw:ident($spread:expr)) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
        pub struct $name;

        #[typetag::serde]
        impl Initializer for $name {
            fn values(&self, shape: &[usize], random: &mut ChaCha8Rng) -> Vec<f32> {
                let ($inputs, $outputs) = fans(shape);
                let ($inputs, $outputs) = ($inputs.max(1) as f64, $outputs.max(1) as f64);
                // Not every distribution depends on the outputs.
                let _ = $outputs;
                $draw(shape, $spread, random)
            }
        }
    };
}

variance_scaling!(
    /// Uniform within `±sqrt(6 / (inputs + outputs))`. Source: Glorot and Bengio, 2010.
    GlorotUniform,
    |inputs, outputs| uniform((6.0 / (inputs + outputs)).sqrt())
);
variance_scaling!(
    /// Truncated normal with standard deviation `sqrt(2 / (inputs + outputs))`. Source: Glorot and Bengio, 2010.
    GlorotNormal,
    |inputs, outputs| normal((2.0 / (inputs + outputs)).sqrt())
);
variance_scaling!(
    /// Uniform within `±sqrt(6 / inputs)`. Source: He et al., 2015.
    HeUniform,
    |inputs, outputs| uniform((6.0 / inputs).sqrt())
);
variance_scaling!(
    /// Truncated normal with standard deviation `sqrt(2 / inputs)`. Source: He et al., 2015.
    HeNormal,
    |inputs, outputs| normal((2.0 / inputs).sqrt())
);
variance_scaling!(
    /// Uniform within `±sqrt(3 / inputs)`. Source: LeCun et al., 1998.
    LecunUniform,
    |inputs, outputs| uniform((3.0 / inputs).sqrt())
);
variance_scaling!(
    /// Truncated normal with standard deviation `sqrt(1 / inputs)`. Source: LeCun et al., 1998.
    LecunNormal,
    |inputs, outputs| normal((1.0 / inputs).sqrt())
);
