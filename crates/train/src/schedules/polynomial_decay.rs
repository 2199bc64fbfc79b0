//! Polynomial decay.

use serde::{Deserialize, Serialize};

use super::{Schedule, check_not_negative, check_steps};
use crate::TrainError;

/// A rate that falls from `initial_learning_rate` to `end_learning_rate` within `decay_steps` steps, by default in a
/// straight line: `(initial_learning_rate - end_learning_rate) * (1 - step / decay_steps)^power + end_learning_rate`.
/// As `keras.optimizers.schedules.PolynomialDecay`.
///
/// ```
/// use kindling_train::{optimizers::Sgd, schedules::{PolynomialDecay, Schedule}};
///
/// let schedule = PolynomialDecay::new(0.1, 1000).end_learning_rate(0.0);
/// assert_eq!([0, 500, 2000].map(|step| schedule.rate(step)), [0.1, 0.05, 0.0]);
/// let optimizer = Sgd::new(schedule);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolynomialDecay {
    /// The rate of the first step.
    pub initial_learning_rate: f64,
    /// Number of steps of the decay. At least 1.
    #[serde(deserialize_with = "super::read_steps")]
    pub decay_steps: u64,
    /// The last rate. Default: 0.0001.
    #[serde(default = "default_end")]
    pub end_learning_rate: f64,
    /// The power of the polynomial. Default: 1.
    #[serde(default = "default_power")]
    pub power: f64,
    /// Whether, after `decay_steps` steps, the rate rises again and then falls over the next multiple of `decay_steps`.
    /// Default: false.
    #[serde(default)]
    pub cycle: bool,
}

fn default_end() -> f64 {
    0.0001
}

fn default_power() -> f64 {
    1.0
}

impl PolynomialDecay {
    /// Returns a schedule that falls to 0.0001 in a straight line.
    pub fn new(initial_learning_rate: f64, decay_steps: u64) -> Self {
        Self {
            initial_learning_rate,
            decay_steps,
            end_learning_rate: default_end(),
            power: default_power(),
            cycle: false,
        }
    }

    /// Sets the last rate. Default: 0.0001.
    pub fn end_learning_rate(self, end_learning_rate: f64) -> Self {
        Self { end_learning_rate, ..self }
    }

    /// Sets the power of the polynomial. Default: 1.
    pub fn power(self, power: f64) -> Self {
        Self { power, ..self }
    }

    /// Sets whether the rate rises again after `decay_steps` steps: the decay then takes the smallest multiple of
    /// `decay_steps` that the step does not exceed. Default: false.
    pub fn cycle(self, cycle: bool) -> Self {
        Self { cycle, ..self }
    }
}

#[typetag::serde]
impl Schedule for PolynomialDecay {
    fn rate(&self, step: u64) -> f64 {
        let steps = self.decay_steps as f64;
        let share = match self.cycle {
            true => step as f64 / (steps * (step as f64 / steps).ceil().max(1.0)),
            false => step.min(self.decay_steps) as f64 / steps,
        };
        (self.initial_learning_rate - self.end_learning_rate) * (1.0 - share).powf(self.power)
            + self.end_learning_rate
    }

    fn check(&self) -> Result<(), TrainError> {
        check_not_negative("initial_learning_rate of PolynomialDecay", self.initial_learning_rate)?;
        check_steps("decay_steps of PolynomialDecay", self.decay_steps)?;
        check_not_negative("end_learning_rate of PolynomialDecay", self.end_learning_rate)?;
        check_not_negative("power of PolynomialDecay", self.power)
    }
}
