//! Learning rate schedules, with Keras' names.
//!
//! Optimizers accept a schedule instead of a number: `Adam::new(CosineDecay::new(0.001, 10_000))`. For a custom
//! schedule, implement [`Schedule`] or pass a closure to [`LearningRate::from_fn`].

mod cosine_decay;
mod exponential_decay;
mod learning_rate;
mod piecewise_constant_decay;
mod polynomial_decay;
mod schedule;

pub use cosine_decay::CosineDecay;
pub use exponential_decay::ExponentialDecay;
pub use learning_rate::LearningRate;
pub use piecewise_constant_decay::PiecewiseConstantDecay;
pub use polynomial_decay::PolynomialDecay;
pub use schedule::Schedule;

use serde::{Deserialize, Deserializer};

use crate::TrainError;

/// Deserializes a number of steps, which Keras may have written as a float: `1000.0`.
fn read_steps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Ok(Steps::deserialize(deserializer)?.0)
}

/// Deserializes a list of numbers of steps. See [`read_steps`].
fn read_list_of_steps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    let steps = Vec::<Steps>::deserialize(deserializer)?;
    Ok(steps.into_iter().map(|Steps(steps)| steps).collect())
}

#[derive(Deserialize)]
#[serde(try_from = "f64")]
struct Steps(u64);

impl TryFrom<f64> for Steps {
    type Error = String;

    fn try_from(steps: f64) -> Result<Self, String> {
        match steps >= 0.0 && steps.fract() == 0.0 && steps <= u64::MAX as f64 {
            true => Ok(Self(steps as u64)),
            false => Err(format!("{steps} is not a number of steps: give an integer of at least 0")),
        }
    }
}

/// Checks that a number of steps is at least 1. `name` is the name of the argument with its schedule.
fn check_steps(name: &'static str, steps: u64) -> Result<(), TrainError> {
    match steps {
        0 => Err(TrainError::argument(name, steps, "give at least 1")),
        _ => Ok(()),
    }
}

/// Checks that an argument is finite and at least 0. `name` is the name of the argument with its schedule.
fn check_not_negative(name: &'static str, value: f64) -> Result<(), TrainError> {
    match value.is_finite() && value >= 0.0 {
        true => Ok(()),
        false => Err(TrainError::argument(name, value, "give a finite number of at least 0")),
    }
}
