//! What a classifier got right and wrong.

use burn::tensor::TensorData;
use kindling_data::random::epoch_order;

use crate::TrainError;

/// A sample whose likeliest class is not its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mistake {
    /// The sample's position.
    pub sample: usize,
    /// Its class.
    pub actual: usize,
    /// The class it was taken for.
    pub predicted: usize,
    /// The probability given to that class.
    pub confidence: f32,
}

/// How often each class was taken for each: `counts[actual][predicted]`, as scikit-learn's `confusion_matrix`.
/// `predictions` are `[samples, classes]`, as from [`Model::predict`](crate::Model::predict).
///
/// # Errors
/// When there are not as many predictions as classes given, or a class is outside of the predictions.
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

/// The mistakes that were made with the highest probability, the highest first; at most `most` of them.
///
/// # Errors
/// As [`confusion_matrix`].
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

/// The number of classes, and the likeliest one of each sample.
fn verdicts(actual: &[i32], predictions: &TensorData) -> Result<(usize, Vec<Mistake>), TrainError> {
    let (classes, values) = match (predictions.shape().as_slice(), predictions.as_slice::<f32>()) {
        (&[samples, classes], Ok(values)) if samples == actual.len() && classes > 0 => (classes, values),
        (shape, _) => {
            let remedy =
                format!("give f32 predictions of shape [{}, classes], as predict returns them", actual.len());
            return Err(TrainError::argument("the predictions' shape", format!("{shape:?}"), remedy));
        }
    };
    let verdict = |(sample, (row, actual)): (usize, (&[f32], &i32))| {
        let actual = usize::try_from(*actual).ok().filter(|actual| *actual < classes).ok_or_else(|| {
            TrainError::argument(
                "a class",
                actual,
                format!("sample {sample}: there are {classes} classes, from 0"),
            )
        })?;
        let first = (0, row[0]);
        let (predicted, confidence) = row
            .iter()
            .copied()
            .enumerate()
            .fold(first, |best, (class, value)| if value > best.1 { (class, value) } else { best });
        Ok(Mistake { sample, actual, predicted, confidence })
    };
    let verdicts =
        values.chunks(classes).zip(actual).enumerate().map(verdict).collect::<Result<_, TrainError>>()?;
    Ok((classes, verdicts))
}

/// What guessing gives: the share of `labels`, `[samples]`, that agree with the same labels shuffled. Section 3.5 of
/// "Deep Learning with Python" measures it so.
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
    fn counts_stand_in_the_row_of_the_class_and_the_column_of_the_verdict() {
        let counts = confusion_matrix(&[0, 2, 0, 1], &predictions()).unwrap();
        assert_eq!(counts, [[1, 1, 0], [0, 0, 1], [0, 0, 1]]);
    }

    #[test]
    fn the_surest_mistake_comes_first() {
        let mistakes = most_confident_mistakes(&[0, 2, 0, 1], &predictions(), 5).unwrap();
        let found: Vec<_> = mistakes.iter().map(|mistake| (mistake.sample, mistake.predicted)).collect();
        assert_eq!(found, [(3, 2), (2, 1)]);
        assert_eq!(most_confident_mistakes(&[0, 2, 0, 1], &predictions(), 1).unwrap().len(), 1);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(confusion_matrix(&[0, 1], &predictions()).is_err());
        assert!(confusion_matrix(&[0, 1, 3, 0], &predictions()).is_err());
        assert!(confusion_matrix(&[0, 1, -1, 0], &predictions()).is_err());
    }
}
