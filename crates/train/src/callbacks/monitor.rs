//! Which figure a callback watches, and which way is better.

use crate::{Logs, TrainError};

/// Which way a figure gets better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Up for accuracies, down for everything else.
    #[default]
    Auto,
    /// Down.
    Min,
    /// Up.
    Max,
}

impl Mode {
    /// Whether higher values of that figure are better.
    pub(crate) fn is_up(self, figure: &str) -> bool {
        match self {
            Self::Auto => figure.contains("acc"),
            Self::Min => false,
            Self::Max => true,
        }
    }
}

/// A figure of the logs and the best value it has had.
#[derive(Clone, Debug)]
pub(super) struct Monitor {
    pub name: String,
    pub mode: Mode,
    pub min_delta: f64,
    pub best: Option<f64>,
}

impl Monitor {
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), mode: Mode::Auto, min_delta: 0.0, best: None }
    }

    /// The present value.
    pub fn value(&self, callback: &str, logs: &Logs) -> Result<f64, TrainError> {
        logs.get(&self.name).ok_or_else(|| {
            let names: Vec<&str> = logs.iter().map(|(name, _)| name).collect();
            TrainError::Mismatch(format!(
                "{callback} watches {}, which this run does not report: give fit validation data, or watch one of {}",
                self.name,
                names.join(", ")
            ))
        })
    }

    /// Whether `value` is better than `than`, by more than the least difference.
    pub fn is_better(&self, value: f64, than: f64) -> bool {
        if self.mode.is_up(&self.name) {
            value - self.min_delta > than
        } else {
            value + self.min_delta < than
        }
    }

    /// Takes in `value`; whether it is the best so far.
    pub fn improve(&mut self, value: f64) -> bool {
        let better = self.best.is_none_or(|best| self.is_better(value, best));
        if better {
            self.best = Some(value);
        }
        better
    }
}
