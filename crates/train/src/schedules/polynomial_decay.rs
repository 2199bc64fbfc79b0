//! Polynomial decay.

use serde::{Deserialize, Serialize};

use super::{Schedule, check_not_negative, check_steps};
use crate::TrainError;

/// A learning rate that decays polynomially, by default linearly. Keras' `PolynomialDecay`.
///
/// Within `decay_steps` steps, it decays from `initial_learning_rate` to `end_learning_rate`:
/// `(initial_learning_rate - end_learning_rate) * (1 - step / decay_steps)^power + end_learning_rate`.
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
    /// Learning rate of the first step.
    pub initial_learning_rate: f64,
    /// Number of decay steps. At least 1.
    #[serde(deserialize_with = "super::read_steps")]
    pub decay_steps: u64,
    /// Final learning rate. Default: 0.0001.
    #[serde(default = "default_end")]
    pub end_learning_rate: f64,
    /// Power of the polynomial. Default: 1, linear decay.
    #[serde(default = "default_power")]
    pub power: f64,
    /// Whether to restart the decay beyond `decay_steps` steps. Default: false. See [`cycle`](Self::cycle).
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
    /// Creates a schedule that decays linearly to 0.0001.
    pub fn new(initial_learning_rate: f64, decay_steps: u64) -> Self {
        Self {
            initial_learning_rate,
            decay_steps,
            end_learning_rate: default_end(),
            power: default_power(),
            cycle: false,
        }
    }

    /// Sets the final learning rate. Default: 0.0001.
    pub fn end_learning_rate(self, end_learning_rate: f64) -> Self {
        Self { end_learning_rate, ..self }
    }

    /// Sets the power of the polynomial. Default: 1, linear decay.
    pub fn power(self, power: f64) -> Self {
        Self { power, ..self }
    }

    /// Sets whether to restart the decay beyond `decay_steps` steps. `decay_steps` in the formula is then replaced by
    /// its smallest multiple that is at least the step, so that the rate rises at each restart. Default: false.
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
