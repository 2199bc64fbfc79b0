//! The index of the largest value.

/// Returns the index of the largest value, the predicted class of a sample. The first one wins ties, as in the `argmax` of
/// Burn and NumPy. Returns `None` if there are no values.
///
/// ```
/// assert_eq!(kindling_train::evaluation::argmax(&[0.2, 0.4, 0.4]), Some(1));
/// ```
pub fn argmax<T: PartialOrd>(values: &[T]) -> Option<usize> {
    let larger = |best: usize, index: usize| if values[index] > values[best] { index } else { best };
    (0..values.len()).reduce(larger)
}
