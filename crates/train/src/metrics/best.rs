//! The best epoch of a metric.

use serde::{Deserialize, Serialize};

use super::Direction;

/// The best value of a metric, and its epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// First epoch with this value, counted from 1.
    pub epoch: usize,
    /// The value.
    pub value: f64,
}

impl Best {
    /// Returns the best of the values, `[epochs]`, or `None` if all are NaN.
    ///
    /// ```
    /// use kindling_train::metrics::{Best, Direction};
    ///
    /// assert_eq!(Best::of(&[0.5, 0.3, 0.4], Direction::Min), Some(Best { epoch: 2, value: 0.3 }));
    /// assert_eq!(Best::of(&[0.7, 0.9, 0.8], Direction::Max), Some(Best { epoch: 2, value: 0.9 }));
    /// ```
    pub fn of(curve: &[f64], direction: Direction) -> Option<Self> {
        let points = (1..).zip(curve).map(|(epoch, value)| Self { epoch, value: *value });
        let better = |best: Self, point: Self| match direction.is_better(point.value, best.value) {
            true => point,
            false => best,
        };
        points.filter(|point| !point.value.is_nan()).reduce(better)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_best_value_is_returned_and_nan_is_ignored() {
        let falling = [f64::NAN, 0.2, 0.2, 0.1, 0.1];
        assert_eq!(Best::of(&falling, Direction::Min), Some(Best { epoch: 4, value: 0.1 }));
        assert_eq!(Best::of(&falling, Direction::Max), Some(Best { epoch: 2, value: 0.2 }));
        assert_eq!(Best::of(&[f64::NAN], Direction::Min), None);
        assert_eq!(Best::of(&[], Direction::Max), None);
    }
}
