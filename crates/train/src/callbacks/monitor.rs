//! The figure that a callback monitors.

use serde::{Deserialize, Serialize};

use crate::{TrainError, Training, metrics::Direction};

/// A figure of the logs and the best value it has had.
#[derive(Clone, Debug)]
pub(super) struct Monitor {
    pub name: String,
    /// None: as the model's loss or metric says.
    pub mode: Option<Direction>,
    pub min_delta: f64,
    pub best: Option<f64>,
}

/// The best value so far, in a file.
#[derive(Serialize, Deserialize)]
pub(super) struct BestSoFar {
    #[serde(with = "crate::exact")]
    pub best: Option<f64>,
}

impl Monitor {
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), mode: None, min_delta: 0.0, best: None }
    }

    /// Returns the present value; none in an epoch without validation.
    pub fn value(&self, callback: &str, training: &mut Training) -> Result<Option<f64>, TrainError> {
        let reported = training.reports(&self.name);
        let logs = training.logs()?;
        match logs.get(&self.name) {
            Some(value) => Ok(Some(value)),
            None if reported => Ok(None),
            None => {
                let names: Vec<&str> = logs.iter().map(|(name, _)| name).collect();
                Err(TrainError::Mismatch(format!(
                    "{callback} monitors {}, which this run does not report: give fit validation data, or monitor one \
                     of {}",
                    self.name,
                    names.join(", ")
                )))
            }
        }
    }

    /// Returns whether lower or higher values of the figure are better.
    pub fn direction(&self, callback: &str, training: &Training) -> Result<Direction, TrainError> {
        self.mode.or_else(|| training.direction(&self.name)).ok_or_else(|| {
            TrainError::Mismatch(format!(
                "{callback} monitors {}, which is not a metric of the model: monitor one of {}, with val_ for the \
                 validation; or if a callback logs it, set mode(Direction::Min) or mode(Direction::Max)",
                self.name,
                training.figures().collect::<Vec<_>>().join(", ")
            ))
        })
    }

    /// The part of a callback's state that is the monitor's.
    pub fn best(&self) -> BestSoFar {
        BestSoFar { best: self.best }
    }

    /// Returns whether `value` is the best so far by more than the least difference, and remembers it if it is.
    pub fn improve(&mut self, value: f64, direction: Direction) -> bool {
        let needed = match direction {
            Direction::Min => value + self.min_delta,
            Direction::Max => value - self.min_delta,
        };
        let better = self.best.is_none_or(|best| direction.is_better(needed, best));
        if better {
            self.best = Some(value);
        }
        better
    }
}
