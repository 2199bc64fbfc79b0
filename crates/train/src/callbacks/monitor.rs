//! The metric that a callback monitors.

use serde::{Deserialize, Serialize};

use crate::{TrainError, Training, metrics::Direction};

/// A monitored metric and its best value so far.
#[derive(Clone, Debug)]
pub(super) struct Monitor {
    pub name: String,
    /// `None`: the direction of the loss or metric.
    pub mode: Option<Direction>,
    pub min_delta: f64,
    pub best: Option<f64>,
}

/// The best value so far, in a checkpoint.
#[derive(Serialize, Deserialize)]
pub(super) struct BestSoFar {
    #[serde(with = "crate::exact")]
    pub best: Option<f64>,
}

impl Monitor {
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), mode: None, min_delta: 0.0, best: None }
    }

    /// Returns the current value, or `None` in an epoch without validation.
    pub fn value(&self, callback: &str, training: &mut Training) -> Result<Option<f64>, TrainError> {
        let reported = training.reports(&self.name);
        let logs = training.logs()?;
        match logs.get(&self.name) {
            Some(value) => Ok(Some(value)),
            None if reported => Ok(None),
            None => {
                let names: Vec<&str> = logs.iter().map(|(name, _)| name).collect();
                Err(TrainError::Mismatch(format!(
                    "{callback} monitors {}, which this run does not report: add validation data, or monitor one of {}",
                    self.name,
                    names.join(", ")
                )))
            }
        }
    }

    /// Returns whether lower or higher values of the metric are better.
    pub fn direction(&self, callback: &str, training: &Training) -> Result<Direction, TrainError> {
        self.mode.or_else(|| training.direction(&self.name)).ok_or_else(|| {
            TrainError::Mismatch(format!(
                "{callback} monitors {}, which is not a metric of the model: monitor one of {}, with the prefix val_ for \
                 validation; if a callback logs it, set mode(Direction::Min) or mode(Direction::Max)",
                self.name,
                training.figures().collect::<Vec<_>>().join(", ")
            ))
        })
    }

    /// Returns the state of the monitor, as part of the state of its callback.
    pub fn best(&self) -> BestSoFar {
        BestSoFar { best: self.best }
    }

    /// Returns whether `value` improves on the best value by more than `min_delta`. If so, stores it as the best value.
    /// NaN is never an improvement.
    pub fn improve(&mut self, value: f64, direction: Direction) -> bool {
        let needed = match direction {
            Direction::Min => value + self.min_delta,
            Direction::Max => value - self.min_delta,
        };
        let better = !value.is_nan() && self.best.is_none_or(|best| direction.is_better(needed, best));
        if better {
            self.best = Some(value);
        }
        better
    }
}
