//! One-hot encoding of class indices.

use burn::tensor::TensorData;

use crate::error::DataError;

/// Returns one one-hot vector per class index: `f32`, shape `[samples, classes]`, like `keras.utils.to_categorical`.
///
/// ```
/// use burn::tensor::TensorData;
///
/// let rows = kindling_data::to_categorical(&[2, 0], 3)?;
/// assert_eq!(rows, TensorData::from([[0.0_f32, 0.0, 1.0], [1.0, 0.0, 0.0]]));
/// # Ok::<(), kindling_data::DataError>(())
/// ```
///
/// # Errors
/// [`DataError::Argument`], which names the sample, if an index is not in `0..classes`.
pub fn to_categorical(indices: &[i32], classes: usize) -> Result<TensorData, DataError> {
    let mut rows = vec![0.0_f32; indices.len() * classes];
    for (sample, index) in indices.iter().enumerate() {
        match usize::try_from(*index) {
            Ok(class) if class < classes => rows[sample * classes + class] = 1.0,
            _ => {
                return Err(DataError::argument(
                    "a class index",
                    format!("{index} (sample {sample})"),
                    format!("give classes from 0 to {}", classes as i64 - 1),
                ));
            }
        }
    }
    Ok(TensorData::new(rows, [indices.len(), classes]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_outside_of_the_classes_are_errors() {
        let message = |index| to_categorical(&[0, index], 3).unwrap_err().to_string();
        assert_eq!(message(3), "a class index is 3 (sample 1): give classes from 0 to 2");
        assert_eq!(message(-1), "a class index is -1 (sample 1): give classes from 0 to 2");
    }
}
