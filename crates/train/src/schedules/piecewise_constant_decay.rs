//! A rate for each range of steps.

use serde::{Deserialize, Serialize};

use super::Schedule;
use crate::TrainError;

/// A rate that is constant between boundaries: `values[0]` up to and including step `boundaries[0]`, then `values[1]`
/// up to and including step `boundaries[1]`, and the last value after the last boundary. As
/// `keras.optimizers.schedules.PiecewiseConstantDecay`.
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
    /// The last step of each value but the last one, counted from 0, in increasing order.
    #[serde(deserialize_with = "super::read_list_of_steps")]
    pub boundaries: Vec<u64>,
    /// The rates: one more than boundaries.
    pub values: Vec<f64>,
}

impl PiecewiseConstantDecay {
    /// Returns a schedule with these boundaries, and one more value.
    pub fn new(boundaries: impl Into<Vec<u64>>, values: impl Into<Vec<f64>>) -> Self {
        Self { boundaries: boundaries.into(), values: values.into() }
    }
}

#[typetag::serde]
impl Schedule for PiecewiseConstantDecay {
    fn rate(&self, step: u64) -> f64 {
        let passed = self.boundaries.iter().filter(|boundary| step > **boundary).count();
        // `check` refuses a list of values that is too short.
        self.values.get(passed).copied().unwrap_or(f64::NAN)
    }

    fn check(&self) -> Result<(), TrainError> {
        let Self { boundaries, values } = self;
        if values.len() != boundaries.len() + 1 {
            return Err(TrainError::Mismatch(format!(
                "PiecewiseConstantDecay has {} boundaries and {} values: give one value more than boundaries",
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
