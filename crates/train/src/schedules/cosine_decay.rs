//! Cosine decay with optional warm-up.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::{Schedule, check_not_negative, check_steps};
use crate::TrainError;

/// A learning rate that decays along half a period of a cosine, after an optional linear warm-up. Keras' `CosineDecay`.
///
/// During the warm-up, the rate rises from `initial_learning_rate` to `warmup_target`. Over the next `decay_steps`
/// steps, it decays from its maximum (`warmup_target`, or `initial_learning_rate` without warm-up) to `alpha` times
/// the maximum. It is constant afterwards.
///
/// Source: Loshchilov and Hutter, "SGDR", 2016. Warm-up: Goyal et al., "Accurate, Large Minibatch SGD", 2017.
///
/// ```
/// use kindling_train::{optimizers::Adam, schedules::{CosineDecay, Schedule}};
///
/// let schedule = CosineDecay::new(0.0, 900).warmup(0.001, 100);
/// assert_eq!(schedule.rate(50), 0.0005);
/// assert_eq!(schedule.rate(100), 0.001);
/// assert_eq!(schedule.rate(1000), 0.0);
/// let optimizer = Adam::new(schedule);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CosineDecay {
    /// Learning rate of the first step.
    pub initial_learning_rate: f64,
    /// Number of decay steps, excluding warm-up. At least 1.
    #[serde(deserialize_with = "super::read_steps")]
    pub decay_steps: u64,
    /// Final learning rate as a fraction of the maximum. Default: 0.
    #[serde(default)]
    pub alpha: f64,
    /// Learning rate at the end of the warm-up. Default: `None`, no warm-up.
    #[serde(default)]
    pub warmup_target: Option<f64>,
    /// Number of warm-up steps. Ignored without `warmup_target`, as in Keras. Default: 0.
    #[serde(default, deserialize_with = "super::read_steps")]
    pub warmup_steps: u64,
}

impl CosineDecay {
    /// Creates a schedule that decays from `initial_learning_rate` to 0, without warm-up.
    pub fn new(initial_learning_rate: f64, decay_steps: u64) -> Self {
        Self { initial_learning_rate, decay_steps, alpha: 0.0, warmup_target: None, warmup_steps: 0 }
    }

    /// Sets the final learning rate as a fraction of the maximum. Default: 0.
    pub fn alpha(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }

    /// Sets the learning rate at the end of the warm-up, and the number of warm-up steps. Default: no warm-up.
    pub fn warmup(self, target: f64, steps: u64) -> Self {
        Self { warmup_target: Some(target), warmup_steps: steps, ..self }
    }
}

#[typetag::serde]
impl Schedule for CosineDecay {
    fn rate(&self, step: u64) -> f64 {
        let (highest, warmup_steps) = match self.warmup_target {
            Some(target) => (target, self.warmup_steps),
            None => (self.initial_learning_rate, 0),
        };
        if step < warmup_steps {
            let share = step as f64 / warmup_steps as f64;
            return (highest - self.initial_learning_rate) * share + self.initial_learning_rate;
        }
        let share = (step - warmup_steps).min(self.decay_steps) as f64 / self.decay_steps as f64;
        let cosine = 0.5 * (1.0 + (PI * share).cos());
        highest * ((1.0 - self.alpha) * cosine + self.alpha)
    }

    fn check(&self) -> Result<(), TrainError> {
        check_not_negative("initial_learning_rate of CosineDecay", self.initial_learning_rate)?;
        check_steps("decay_steps of CosineDecay", self.decay_steps)?;
        check_not_negative("alpha of CosineDecay", self.alpha)?;
        check_not_negative("warmup_target of CosineDecay", self.warmup_target.unwrap_or(0.0))
    }
}
