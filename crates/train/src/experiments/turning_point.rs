//! The epoch at which overfitting begins.

use crate::metrics::{Best, Direction};

/// Returns the epoch, counted from 1, after which the validation loss rises while the training loss still falls.
/// Training for more epochs overfits. Source: section 4.4 of "Deep Learning with Python".
///
/// Returns `None` if fewer than `patience` epochs follow the lowest validation loss, or if the training loss has not
/// fallen since. Both curves have one value per epoch.
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
    fn turning_point_is_the_epoch_of_the_lowest_validation_loss() {
        let falling = [0.9, 0.7, 0.5, 0.3, 0.2, 0.1];
        assert_eq!(turning_point(&falling, &[0.8, 0.6, 0.5, 0.6, 0.7, 0.8], 3), Some(3));
        assert_eq!(turning_point(&falling, &[0.4, 0.5, 0.6, 0.7, 0.8, 0.9], 5), Some(1));
        // Noise in a falling loss is not a turning point.
        assert_eq!(turning_point(&falling, &[0.8, 0.9, 0.5, 0.55, 0.4, 0.5], 2), None);
    }

    #[test]
    fn result_is_none_without_overfitting() {
        let falling = [0.9, 0.7, 0.5, 0.3];
        assert_eq!(turning_point(&falling, &[0.9, 0.8, 0.7, 0.6], 1), None);
        // Too few epochs after the minimum.
        assert_eq!(turning_point(&falling, &[0.9, 0.8, 0.7, 0.75], 2), None);
        // If the training loss rises too, the network does not overfit.
        assert_eq!(turning_point(&[0.5, 0.4, 0.6, 0.7], &[0.5, 0.4, 0.6, 0.7], 2), None);
        assert_eq!(turning_point(&[], &[], 1), None);
        assert_eq!(turning_point(&[0.5], &[0.5], 0), None);
    }
}
