//! Texts in Keras' `.npz` files.

use std::io::{Read, Seek};

use burn::tensor::{DType, TensorData};

use crate::{error::DataError, formats::npz::Archive, text::Texts};

/// Reads the array `x`, one list of word ranks per text, and the array `y`, labels below `classes`, `[texts]`.
///
/// # Errors
/// The errors of [`Archive::lists`] and [`Archive::array`]. [`DataError::LengthMismatch`] if the numbers of texts and
/// labels differ. [`DataError::Unsupported`] if there are no texts, or a label is not below `classes`.
pub(super) fn read<R: Read + Seek>(
    archive: &mut Archive<R>,
    x: &str,
    y: &str,
    classes: usize,
) -> Result<Texts, DataError> {
    let (x_path, y_path) = (archive.path_of(x), archive.path_of(y));
    let sequences = archive.lists(x)?;
    let labels = archive.array(y)?;
    let (shape, dtype) = (labels.shape().to_vec(), labels.dtype());
    if shape.len() != 1 || !(dtype.is_int() || dtype.is_uint()) {
        let reason = format!(
            "it contains {dtype:?} values of shape {shape:?}, expected labels: integers of shape [n]"
        );
        return Err(DataError::unsupported(&y_path, reason));
    }
    if shape[0] != sequences.len() {
        let what = format!("{} and {}", x_path.display(), y_path.display());
        return Err(DataError::LengthMismatch { what, left: sequences.len(), right: shape[0] });
    }
    if sequences.is_empty() {
        return Err(DataError::unsupported(&x_path, "it contains no texts"));
    }
    let labels = labels_below(classes, labels).map_err(|reason| DataError::unsupported(&y_path, reason))?;
    Ok(Texts { sequences, labels })
}

/// Converts integers of any type to class indices, or returns the reason why one is invalid.
fn labels_below(classes: usize, labels: TensorData) -> Result<Vec<i32>, String> {
    // Burn's conversion to `i64` panics for values above `i64::MAX`.
    let labels: Vec<i128> = match labels.dtype() {
        DType::U64 => labels.iter::<u64>().map(i128::from).collect(),
        _ => labels.iter::<i64>().map(i128::from).collect(),
    };
    match labels.iter().position(|label| !(0..classes as i128).contains(label)) {
        None => Ok(labels.into_iter().map(|label| label as i32).collect()),
        Some(index) => {
            Err(format!("label {index} is {}, expected labels from 0 to {}", labels[index], classes - 1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_every_integer_type_are_checked() {
        assert_eq!(labels_below(3, TensorData::from([0_u8, 2])).unwrap(), [0, 2]);
        assert_eq!(labels_below(3, TensorData::from([2_u64])).unwrap(), [2]);
        for labels in [TensorData::from([1, u64::MAX]), TensorData::from([1_u64, 1 << 63])] {
            assert!(labels_below(3, labels).unwrap_err().starts_with("label 1 is"));
        }
        let error = labels_below(3, TensorData::from([1_i64, 2, -1])).unwrap_err();
        assert_eq!(error, "label 2 is -1, expected labels from 0 to 2");
    }
}
