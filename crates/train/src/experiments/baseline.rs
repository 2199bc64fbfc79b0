//! Naive baselines.

use kindling_data::{Column, Samples};

use crate::TrainError;

/// The score of the same answer for every sample: step 4 of the workflow in section 4.5 of "Deep Learning with Python".
/// A useful model beats it.
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
    /// The most frequent class of the training samples, or the mean of their targets.
    pub answer: f64,
    /// The accuracy, or the mean absolute error, of giving this answer for every validation sample.
    pub score: f64,
}

impl Baseline {
    /// The accuracy of always naming the training samples' commonest class, the lowest one of equals.
    ///
    /// # Errors
    /// When there are no samples, the targets are no classes, or all training samples are of one class.
    pub fn majority_class(train: &Samples, validation: &Samples) -> Result<Self, TrainError> {
        check_some(train, validation)?;
        let classes = |samples: &Samples| {
            samples.classes().ok_or_else(|| {
                TrainError::Mismatch(
                    "the targets are no classes: give class indices, or use mean_target".into(),
                )
            })
        };
        let (mut labels, answers) = (classes(train)?, classes(validation)?);
        labels.sort_unstable();
        // The first of equally long runs is kept: the lowest class.
        let runs = labels.chunk_by(|a, b| a == b);
        let commonest =
            runs.reduce(|best, run| if run.len() > best.len() { run } else { best }).unwrap_or_default();
        if commonest.len() == labels.len() {
            return Err(TrainError::Mismatch(format!(
                "all {} training samples are of class {}: there must be two classes to tell apart",
                labels.len(),
                commonest[0]
            )));
        }
        let right = answers.iter().filter(|answer| **answer == commonest[0]).count();
        Ok(Self { answer: f64::from(commonest[0]), score: right as f64 / answers.len() as f64 })
    }

    /// The mean absolute error of always naming the mean of the training samples' targets.
    ///
    /// # Errors
    /// When there are no samples, or the targets are not one number a sample.
    pub fn mean_target(train: &Samples, validation: &Samples) -> Result<Self, TrainError> {
        check_some(train, validation)?;
        let numbers = |samples: &Samples| -> Result<Vec<f64>, TrainError> {
            let one = |column: &&Column| column.sample_shape().iter().product::<usize>() == 1;
            let target = samples.targets().first().filter(one).ok_or_else(|| {
                TrainError::Mismatch("the targets are not one number per sample: give one".into())
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
        let remedy = "there must be some to train on and some to validate with";
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
    fn the_commonest_training_class_is_answered_for_every_validation_sample() {
        let (train, validation) = (labelled(&[2, 0, 2, 1, 2]), labelled(&[2, 2, 0, 1]));
        assert_eq!(
            Baseline::majority_class(&train, &validation).unwrap(),
            Baseline { answer: 2.0, score: 0.5 }
        );
        let equals = Baseline::majority_class(&labelled(&[1, 0, 1, 0]), &labelled(&[0, 0, 1, 0]));
        assert_eq!(equals.unwrap(), Baseline { answer: 0.0, score: 0.75 });
        // A view counts its own samples alone.
        let view = train.select(&[1, 3, 1]).unwrap();
        assert_eq!(
            Baseline::majority_class(&view, &validation).unwrap(),
            Baseline { answer: 0.0, score: 0.25 }
        );
    }

    #[test]
    fn the_mean_of_the_training_targets_is_answered_for_every_validation_sample() {
        let (train, validation) = (numbered(&[1.0, 2.0, 6.0]), numbered(&[3.0, 5.0, 0.0, 1.0]));
        // |3 - 3|, |5 - 3|, |0 - 3|, |1 - 3|
        let baseline = Baseline::mean_target(&train, &validation).unwrap();
        assert_eq!(baseline, Baseline { answer: 3.0, score: 7.0 / 4.0 });
    }

    #[test]
    fn what_cannot_be_scored_is_refused() {
        let refused = |train: &Samples, validation: &Samples| {
            Baseline::majority_class(train, validation).unwrap_err().to_string()
        };
        let two = labelled(&[0, 1]);
        assert!(refused(&labelled(&[1, 1, 1]), &two).contains("all 3 training samples are of class 1"));
        assert!(refused(&two, &labelled(&[])).contains("number of samples is 0"));
        assert!(refused(&labelled(&[]), &two).contains("number of samples is 0"));
        assert!(refused(&numbered(&[0.5]), &two).contains("no classes"));
        assert!(Baseline::mean_target(&numbered(&[]), &numbered(&[0.5])).is_err());
    }
}
