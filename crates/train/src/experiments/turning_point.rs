//! Where overfitting begins.

use crate::metrics::{Best, Direction};

/// Returns the epoch (from 1) after which the validation loss rises while the training loss still falls: the last one
/// worth training. Section 4.4 of "Deep Learning with Python".
///
/// None where that cannot be seen: fewer than `patience` epochs follow the lowest validation loss, or the training
/// loss has not fallen since. Both curves have one value per epoch.
///
/// ```
/// use kindling_train::experiments::turning_point;
///
/// let (training, validation) = ([0.5, 0.3, 0.2, 0.1], [0.5, 0.4, 0.45, 0.6]);
/// assert_eq!(turning_point(&training, &validation, 2), Some(2));
/// assert_eq!(turning_point(&training, &validation, 3), None);
/// ```
pub fn turning_point(training: &[f64], validation: &[f64], patience: usize) -> Option<usize> {
    let lowest = Best::of(validation, Direction::Min)?.epoch;
    let (at_lowest, last) = (training.get(lowest - 1)?, training.last()?);
    (validation.len() - lowest >= patience.max(1) && last < at_lowest).then_some(lowest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_epoch_before_the_validation_loss_turns_up() {
        let falling = [0.9, 0.7, 0.5, 0.3, 0.2, 0.1];
        assert_eq!(turning_point(&falling, &[0.8, 0.6, 0.5, 0.6, 0.7, 0.8], 3), Some(3));
        assert_eq!(turning_point(&falling, &[0.4, 0.5, 0.6, 0.7, 0.8, 0.9], 5), Some(1));
        // Noise on the way down is no turn.
        assert_eq!(turning_point(&falling, &[0.8, 0.9, 0.5, 0.55, 0.4, 0.5], 2), None);
    }

    #[test]
    fn no_turn_is_seen_where_there_is_none() {
        let falling = [0.9, 0.7, 0.5, 0.3];
        assert_eq!(turning_point(&falling, &[0.9, 0.8, 0.7, 0.6], 1), None);
        // Too soon to tell.
        assert_eq!(turning_point(&falling, &[0.9, 0.8, 0.7, 0.75], 2), None);
        // A network that gets worse on its training samples too does not learn them by heart.
        assert_eq!(turning_point(&[0.5, 0.4, 0.6, 0.7], &[0.5, 0.4, 0.6, 0.7], 2), None);
        assert_eq!(turning_point(&[], &[], 1), None);
        assert_eq!(turning_point(&[0.5], &[0.5], 0), None);
    }
}
