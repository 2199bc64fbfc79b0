//! The best point of a curve.

use serde::{Deserialize, Serialize};

use crate::callbacks::Mode;

/// The best value that a figure had, and when.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// The epoch, from 1; the earliest one with that value.
    pub epoch: usize,
    /// The value.
    pub value: f64,
}

impl Best {
    /// The highest value of an accuracy's curve (one value an epoch), the lowest of any other figure's; none where
    /// no value is a number.
    ///
    /// ```
    /// use kindling_train::Best;
    ///
    /// assert_eq!(Best::of("val_loss", &[0.5, 0.3, 0.4]), Some(Best { epoch: 2, value: 0.3 }));
    /// assert_eq!(Best::of("val_accuracy", &[0.7, 0.9, 0.8]), Some(Best { epoch: 2, value: 0.9 }));
    /// ```
    pub fn of(figure: &str, curve: &[f64]) -> Option<Self> {
        let up = Mode::Auto.is_up(figure);
        let points = (1..).zip(curve).map(|(epoch, value)| Self { epoch, value: *value });
        let better = |best: Self, point: Self| {
            let improves = if up { point.value > best.value } else { point.value < best.value };
            if improves { point } else { best }
        };
        points.filter(|point| !point.value.is_nan()).reduce(better)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_of_equals_counts_and_gaps_do_not() {
        assert_eq!(Best::of("loss", &[f64::NAN, 0.2, 0.2, 0.1, 0.1]), Some(Best { epoch: 4, value: 0.1 }));
        assert_eq!(Best::of("accuracy", &[0.5, 0.5, f64::NAN]), Some(Best { epoch: 1, value: 0.5 }));
        assert_eq!(Best::of("mae", &[f64::NAN]), None);
        assert_eq!(Best::of("mae", &[]), None);
    }
}
