//! Exponential decay.

use serde::{Deserialize, Serialize};

use super::{Schedule, check_not_negative, check_steps};
use crate::TrainError;

/// A learning rate that decays exponentially: `initial_learning_rate * decay_rate^(step / decay_steps)`. Keras'
/// `ExponentialDecay`.
///
/// ```
/// use kindling_train::{optimizers::Sgd, schedules::{ExponentialDecay, Schedule}};
///
/// // 4% lower after every 1000 steps.
/// let schedule = ExponentialDecay::new(0.1, 1000, 0.96).staircase(true);
/// assert_eq!(schedule.rate(999), 0.1);
/// assert_eq!(schedule.rate(1000), 0.1 * 0.96);
/// let optimizer = Sgd::new(schedule);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExponentialDecay {
    /// Learning rate of the first step.
    pub initial_learning_rate: f64,
    /// Number of steps over which the rate decays by the factor `decay_rate`. At least 1.
    #[serde(deserialize_with = "super::read_steps")]
    pub decay_steps: u64,
    /// Decay factor per `decay_steps` steps.
    pub decay_rate: f64,
    /// Whether to decay in discrete intervals of `decay_steps` steps. Default: false.
    #[serde(default)]
    pub staircase: bool,
}

impl ExponentialDecay {
    /// Creates a schedule that decays at every step.
    pub fn new(initial_learning_rate: f64, decay_steps: u64, decay_rate: f64) -> Self {
        Self { initial_learning_rate, decay_steps, decay_rate, staircase: false }
    }

    /// Sets whether to decay in discrete intervals of `decay_steps` steps. Default: false.
    pub fn staircase(self, staircase: bool) -> Self {
        Self { staircase, ..self }
    }
}

#[typetag::serde]
impl Schedule for ExponentialDecay {
    fn rate(&self, step: u64) -> f64 {
        let periods = step as f64 / self.decay_steps as f64;
        let periods = if self.staircase { periods.floor() } else { periods };
        self.initial_learning_rate * self.decay_rate.powf(periods)
    }

    fn check(&self) -> Result<(), TrainError> {
        check_not_negative("initial_learning_rate of ExponentialDecay", self.initial_learning_rate)?;
        check_steps("decay_steps of ExponentialDecay", self.decay_steps)?;
        check_not_negative("decay_rate of ExponentialDecay", self.decay_rate)
    }
}
