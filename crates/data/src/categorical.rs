//! Class indices as one-hot vectors.

use burn::tensor::TensorData;

use crate::DataError;

/// A row of zeros for each class index, with a one at its place: `f32` `[samples, classes]`, as
/// `keras.utils.to_categorical`.
///
/// # Errors
/// When an index is not from 0 up to `classes`.
pub fn to_categorical(indices: &[i32], classes: usize) -> Result<TensorData, DataError> {
    let mut rows = vec![0.0_f32; indices.len() * classes];
    for (sample, index) in indices.iter().enumerate() {
        match usize::try_from(*index) {
            Ok(class) if class < classes => rows[sample * classes + class] = 1.0,
            _ => {
                return Err(DataError::Argument {
                    name: "a class index",
                    value: index.to_string(),
                    remedy: format!("sample {sample} must be labelled 0 to {}", classes as i64 - 1),
                });
            }
        }
    }
    Ok(TensorData::new(rows, [indices.len(), classes]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_one_at_each_class() {
        let rows = to_categorical(&[2, 0], 3).unwrap();
        assert_eq!(rows, TensorData::new(vec![0.0_f32, 0.0, 1.0, 1.0, 0.0, 0.0], [2, 3]));
        assert!(to_categorical(&[3], 3).is_err() && to_categorical(&[-1], 3).is_err());
    }
}
