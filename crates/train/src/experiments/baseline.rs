//! Naive baselines: constant predictions.

use kindling_data::{Column, Samples};

use crate::TrainError;

/// The score of a naive baseline, which predicts the same value for every sample. A useful model has a better score.
/// Source: step 4 of the workflow in section 4.5 of "Deep Learning with Python".
///
/// ```
/// use kindling_data::{Column, Samples};
/// use kindling_train::experiments::Baseline;
///
/// let samples = Samples::new(Column::floats([[0.0]; 4])?, Column::classes([0, 1, 1, 1])?)?;
/// let baseline = Baseline::majority_class(&samples, &samples)?;
/// assert_eq!((baseline.answer, baseline.score), (1.0, 0.75));
/// # Ok::<(), kindling_train::TrainError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Baseline {
    /// The constant prediction: the most frequent class of the training samples, or the mean of their targets.
    pub answer: f64,
    /// The accuracy or mean absolute error of this prediction on the validation samples.
    pub score: f64,
}

impl Baseline {
    /// Returns the accuracy of predicting the most frequent class of the training samples. The lowest class wins ties.
    ///
    /// # Errors
    /// Returns an error if there are no samples, the targets are not class indices, or all training samples have the
    /// same class.
    pub fn majority_class(train: &Samples, validation: &Samples) -> Result<Self, TrainError> {
        check_some(train, validation)?;
        let classes = |samples: &Samples| {
            samples.classes().ok_or_else(|| {
                TrainError::Mismatch(
                    "the targets are not class indices: use class indices, or mean_target for numbers".into(),
                )
            })
        };
        let (mut labels, answers) = (classes(train)?, classes(validation)?);
        labels.sort_unstable();
        // The first of equally long runs wins: the lowest class.
        let runs = labels.chunk_by(|a, b| a == b);
        let commonest =
            runs.reduce(|best, run| if run.len() > best.len() { run } else { best }).unwrap_or_default();
        if commonest.len() == labels.len() {
            return Err(TrainError::Mismatch(format!(
                "all {} training samples have class {}: give samples of at least two classes",
                labels.len(),
                commonest[0]
            )));
        }
        let right = answers.iter().filter(|answer| **answer == commonest[0]).count();
        Ok(Self { answer: f64::from(commonest[0]), score: right as f64 / answers.len() as f64 })
    }

    /// Returns the mean absolute error of predicting the mean of the training targets. The constant with the lowest
    /// mean absolute error would be their median; the mean has the lowest mean squared error.
    ///
    /// # Errors
    /// Returns an error if there are no samples, or the targets are not one number per sample.
    pub fn mean_target(train: &Samples, validation: &Samples) -> Result<Self, TrainError> {
        check_some(train, validation)?;
        let numbers = |samples: &Samples| -> Result<Vec<f64>, TrainError> {
            let one = |column: &&Column| column.sample_shape().iter().product::<usize>() == 1;
            let target = samples.targets().first().filter(one).ok_or_else(|| {
                TrainError::Mismatch(
                    "the targets are not one number per sample: give a single target column of numbers"
                        .into(),
                )
            })?;
            Ok(target.data().iter::<f64>().collect())
        };
        let (targets, answers) = (numbers(train)?, numbers(validation)?);
        let answer = targets.iter().sum::<f64>() / targets.len() as f64;
        let errors = answers.iter().map(|target| (target - answer).abs());
        Ok(Self { answer, score: errors.sum::<f64>() / answers.len() as f64 })
    }
}

fn check_some(train: &Samples, validation: &Samples) -> Result<(), TrainError> {
    if train.is_empty() || validation.is_empty() {
        let remedy = "give at least one training sample and one validation sample";
        return Err(TrainError::argument("the number of samples", 0, remedy));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(target: Column) -> Samples {
        Samples::new(Column::floats(vec![[0.0_f32]; target.len()]).unwrap(), target).unwrap()
    }

    fn labelled(labels: &[i32]) -> Samples {
        samples(Column::classes(labels).unwrap())
    }

    fn numbered(numbers: &[f32]) -> Samples {
        samples(Column::floats(numbers).unwrap())
    }

    #[test]
    fn majority_class_scores_the_most_frequent_training_class() {
        let (train, validation) = (labelled(&[2, 0, 2, 1, 2]), labelled(&[2, 2, 0, 1]));
        assert_eq!(
            Baseline::majority_class(&train, &validation).unwrap(),
            Baseline { answer: 2.0, score: 0.5 }
        );
        let equals = Baseline::majority_class(&labelled(&[1, 0, 1, 0]), &labelled(&[0, 0, 1, 0]));
        assert_eq!(equals.unwrap(), Baseline { answer: 0.0, score: 0.75 });
        // A view counts only its own samples.
        let view = train.select(&[1, 3, 1]).unwrap();
        assert_eq!(
            Baseline::majority_class(&view, &validation).unwrap(),
            Baseline { answer: 0.0, score: 0.25 }
        );
    }

    #[test]
    fn mean_target_scores_the_mean_of_the_training_targets() {
        let (train, validation) = (numbered(&[1.0, 2.0, 6.0]), numbered(&[3.0, 5.0, 0.0, 1.0]));
        // |3 - 3|, |5 - 3|, |0 - 3|, |1 - 3|
        let baseline = Baseline::mean_target(&train, &validation).unwrap();
        assert_eq!(baseline, Baseline { answer: 3.0, score: 7.0 / 4.0 });
    }

    #[test]
    fn invalid_samples_are_errors() {
        let refused = |train: &Samples, validation: &Samples| {
            Baseline::majority_class(train, validation).unwrap_err().to_string()
        };
        let two = labelled(&[0, 1]);
        assert!(refused(&labelled(&[1, 1, 1]), &two).contains("all 3 training samples have class 1"));
        assert!(refused(&two, &labelled(&[])).contains("number of samples is 0"));
        assert!(refused(&labelled(&[]), &two).contains("number of samples is 0"));
        assert!(refused(&numbered(&[0.5]), &two).contains("not class indices"));
        assert!(Baseline::mean_target(&numbered(&[]), &numbered(&[0.5])).is_err());
    }
}
