//! Confusion matrices and misclassified samples.

use burn::tensor::TensorData;
use kindling_data::random::epoch_order;

use crate::{TrainError, argmax::argmax};

/// A misclassified sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mistake {
    /// Index of the sample.
    pub sample: usize,
    /// Class of the sample.
    pub actual: usize,
    /// Predicted class: the one with the highest probability.
    pub predicted: usize,
    /// Probability of the predicted class.
    pub confidence: f32,
}

/// Returns the confusion matrix, `[classes][classes]`: `counts[actual][predicted]`, as scikit-learn's
/// `confusion_matrix`.
///
/// `actual` are the class indices, `[samples]`. `predictions` are `[samples, classes]`, as returned by
/// [`Model::predict`](crate::Model::predict).
///
/// # Errors
/// Returns an error if the numbers of class indices and predictions differ, or a class index is out of range.
///
/// ```
/// use burn::tensor::TensorData;
/// use kindling_train::evaluation::confusion_matrix;
///
/// let predictions = TensorData::from([[0.9_f32, 0.1], [0.4, 0.6], [0.7, 0.3]]);
/// assert_eq!(confusion_matrix(&[0, 1, 1], &predictions)?, [[1, 0], [1, 1]]);
/// # Ok::<(), kindling_train::TrainError>(())
/// ```
pub fn confusion_matrix(actual: &[i32], predictions: &TensorData) -> Result<Vec<Vec<u64>>, TrainError> {
    let (classes, verdicts) = verdicts(actual, predictions)?;
    let mut counts = vec![vec![0; classes]; classes];
    for verdict in verdicts {
        counts[verdict.actual][verdict.predicted] += 1;
    }
    Ok(counts)
}

/// Returns the misclassified samples with the highest predicted probability, in decreasing order, but at most `most`
/// of them. For the arguments, see [`confusion_matrix`].
///
/// # Errors
/// See [`confusion_matrix`].
pub fn most_confident_mistakes(
    actual: &[i32],
    predictions: &TensorData,
    most: usize,
) -> Result<Vec<Mistake>, TrainError> {
    let (_, mut mistakes) = verdicts(actual, predictions)?;
    mistakes.retain(|verdict| verdict.actual != verdict.predicted);
    mistakes.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    mistakes.truncate(most);
    Ok(mistakes)
}

/// Returns the number of classes, and the most likely class of each sample.
fn verdicts(actual: &[i32], predictions: &TensorData) -> Result<(usize, Vec<Mistake>), TrainError> {
    let (classes, values) = match (predictions.shape().as_slice(), predictions.as_slice::<f32>()) {
        (&[samples, classes], Ok(values)) if samples == actual.len() && classes > 0 => (classes, values),
        (shape, _) => {
            let remedy =
                format!("give f32 predictions of shape [{}, classes], as returned by predict", actual.len());
            return Err(TrainError::argument("the predictions' shape", format!("{shape:?}"), remedy));
        }
    };
    let verdict = |(sample, (row, actual)): (usize, (&[f32], &i32))| {
        let actual = usize::try_from(*actual).ok().filter(|actual| *actual < classes).ok_or_else(|| {
            TrainError::argument(
                "a class",
                actual,
                format!("give sample {sample} a class from 0 to {}", classes - 1),
            )
        })?;
        let predicted = argmax(row).unwrap_or(0);
        Ok(Mistake { sample, actual, predicted, confidence: row[predicted] })
    };
    let verdicts =
        values.chunks(classes).zip(actual).enumerate().map(verdict).collect::<Result<_, TrainError>>()?;
    Ok((classes, verdicts))
}

/// Returns the accuracy of a random baseline: the fraction of `labels`, `[samples]`, that equal a shuffled copy of
/// the labels. Source: section 3.5 of "Deep Learning with Python".
///
/// ```
/// assert_eq!(kindling_train::evaluation::random_accuracy(&[3, 3, 3], 0), 1.0);
/// ```
pub fn random_accuracy(labels: &[i32], seed: u64) -> f64 {
    let order = epoch_order(seed, 0, labels.len());
    let hits = order.iter().zip(labels).filter(|(other, label)| labels[**other] == **label).count();
    hits as f64 / labels.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn predictions() -> TensorData {
        TensorData::new(vec![0.9_f32, 0.1, 0.0, 0.2, 0.3, 0.5, 0.1, 0.8, 0.1, 0.0, 0.05, 0.95], [4, 3])
    }

    #[test]
    fn confusion_matrix_has_a_row_per_class_and_a_column_per_prediction() {
        let counts = confusion_matrix(&[0, 2, 0, 1], &predictions()).unwrap();
        assert_eq!(counts, [[1, 1, 0], [0, 0, 1], [0, 0, 1]]);
    }

    #[test]
    fn most_confident_mistake_is_first() {
        let mistakes = most_confident_mistakes(&[0, 2, 0, 1], &predictions(), 5).unwrap();
        let found: Vec<_> = mistakes.iter().map(|mistake| (mistake.sample, mistake.predicted)).collect();
        assert_eq!(found, [(3, 2), (2, 1)]);
        assert_eq!(most_confident_mistakes(&[0, 2, 0, 1], &predictions(), 1).unwrap().len(), 1);
    }

    #[test]
    fn invalid_classes_are_errors() {
        assert!(confusion_matrix(&[0, 1], &predictions()).is_err());
        assert!(confusion_matrix(&[0, 1, 3, 0], &predictions()).is_err());
        assert!(confusion_matrix(&[0, 1, -1, 0], &predictions()).is_err());
    }
}
