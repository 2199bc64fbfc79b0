//! Piecewise constant decay.

use serde::{Deserialize, Serialize};

use super::Schedule;
use crate::TrainError;

/// A learning rate that is constant between boundaries. Keras' `PiecewiseConstantDecay`.
///
/// The rate is `values[0]` up to and including step `boundaries[0]`, then `values[1]` up to and including step
/// `boundaries[1]`, and so on. After the last boundary, it is the last value.
///
/// ```
/// use kindling_train::{optimizers::Sgd, schedules::{PiecewiseConstantDecay, Schedule}};
///
/// let schedule = PiecewiseConstantDecay::new([1000, 2000], [0.1, 0.01, 0.001]);
/// assert_eq!([1000, 1001, 2001].map(|step| schedule.rate(step)), [0.1, 0.01, 0.001]);
/// let optimizer = Sgd::new(schedule);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PiecewiseConstantDecay {
    /// Last step, counted from 0, of each value except the last one, in increasing order.
    #[serde(deserialize_with = "super::read_list_of_steps")]
    pub boundaries: Vec<u64>,
    /// Learning rates: one more than there are boundaries.
    pub values: Vec<f64>,
}

impl PiecewiseConstantDecay {
    /// Creates a schedule from boundaries and learning rates, which are one more than the boundaries.
    pub fn new(boundaries: impl Into<Vec<u64>>, values: impl Into<Vec<f64>>) -> Self {
        Self { boundaries: boundaries.into(), values: values.into() }
    }
}

#[typetag::serde]
impl Schedule for PiecewiseConstantDecay {
    fn rate(&self, step: u64) -> f64 {
        let passed = self.boundaries.iter().filter(|boundary| step > **boundary).count();
        // `check` rejects a list of values that is too short.
        self.values.get(passed).copied().unwrap_or(f64::NAN)
    }

    fn check(&self) -> Result<(), TrainError> {
        let Self { boundaries, values } = self;
        if values.len() != boundaries.len() + 1 {
            return Err(TrainError::Mismatch(format!(
                "PiecewiseConstantDecay has {} boundaries and {} values: give one more value than boundaries",
                boundaries.len(),
                values.len()
            )));
        }
        if let Some(pair) = boundaries.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(TrainError::Mismatch(format!(
                "PiecewiseConstantDecay has the boundary {} before {}: give them in increasing order",
                pair[0], pair[1]
            )));
        }
        let mut values = values.iter();
        values.try_for_each(|value| super::check_not_negative("a value of PiecewiseConstantDecay", *value))
    }
}
