//! The direction in which a metric improves.

use serde::{Deserialize, Serialize};

/// The direction in which a metric improves: whether lower or higher values are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Lower values are better: losses and errors.
    Min,
    /// Higher values are better: accuracies and scores.
    Max,
}

impl Direction {
    /// Returns whether `value` is better than `than`. Returns false if one of them is NaN.
    pub fn is_better(self, value: f64, than: f64) -> bool {
        match self {
            Self::Min => value < than,
            Self::Max => value > than,
        }
    }
}
