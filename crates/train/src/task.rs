//! What is to be learnt, and how well one answers who learns nothing.

use kindling_data::Samples;
use kindling_models::Activation;

use crate::{Loss, Metric, TrainError};

/// A kind of targets, with the loss, metric and last layer that go with it: table 4.1 of "Deep Learning with Python".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// One of two classes, 0 and 1.
    BinaryClassification,
    /// One of so many classes.
    Classification {
        /// Classes.
        classes: usize,
    },
    /// A number.
    Regression,
}

/// The one answer that is best where nothing is known of a sample, and how far it carries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Baseline {
    /// The commonest class of the training samples, or the mean of their targets.
    pub answer: f64,
    /// The [metric](Task::metric) of giving this answer for every validation sample.
    pub score: f64,
}

impl Task {
    /// To tell so many classes apart.
    ///
    /// # Errors
    /// When there are fewer than two.
    pub fn classification(classes: usize) -> Result<Self, TrainError> {
        match classes {
            0 | 1 => Err(TrainError::argument("classes", classes, "there must be two to tell apart")),
            2 => Ok(Self::BinaryClassification),
            classes => Ok(Self::Classification { classes }),
        }
    }

    /// What training minimises.
    pub fn loss(self) -> Loss {
        match self {
            Self::BinaryClassification => Loss::BinaryCrossentropy,
            Self::Classification { .. } => Loss::SparseCategoricalCrossentropy,
            Self::Regression => Loss::MeanSquaredError,
        }
    }

    /// The measure of success.
    pub fn metric(self) -> Metric {
        match self {
            Self::BinaryClassification | Self::Classification { .. } => Metric::Accuracy,
            Self::Regression => Metric::Mae,
        }
    }

    /// Units of the last layer.
    pub fn outputs(self) -> usize {
        match self {
            Self::BinaryClassification | Self::Regression => 1,
            Self::Classification { classes } => classes,
        }
    }

    /// Activation of the last layer.
    pub fn activation(self) -> Activation {
        match self {
            Self::BinaryClassification => Activation::Sigmoid,
            Self::Classification { .. } => Activation::Softmax,
            Self::Regression => Activation::Linear,
        }
    }

    /// Measures what the training samples' commonest class (the lowest one of equals), or the mean of their targets,
    /// scores on the validation samples. A model that is worth anything beats it.
    ///
    /// # Errors
    /// When there are no samples, the targets are of another kind, or all training samples are of one class.
    pub fn baseline(self, train: &Samples, validation: &Samples) -> Result<Baseline, TrainError> {
        if train.is_empty() || validation.is_empty() {
            let remedy = "there must be some to train on and some to validate with";
            return Err(TrainError::argument("the number of samples", 0, remedy));
        }
        match self {
            Self::Regression => mean_target(train, validation),
            Self::BinaryClassification | Self::Classification { .. } => majority_class(train, validation),
        }
    }
}

fn majority_class(train: &Samples, validation: &Samples) -> Result<Baseline, TrainError> {
    let classes = |samples: &Samples| {
        samples.classes().ok_or_else(|| {
            TrainError::Mismatch("the targets are no classes: give class indices, or learn numbers".into())
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
    Ok(Baseline { answer: f64::from(commonest[0]), score: right as f64 / answers.len() as f64 })
}

fn mean_target(train: &Samples, validation: &Samples) -> Result<Baseline, TrainError> {
    let numbers = |samples: &Samples| -> Result<Vec<f64>, TrainError> {
        let target =
            samples.targets().first().filter(|column| column.sample_shape().iter().product::<usize>() == 1);
        let target = target.ok_or_else(|| {
            TrainError::Mismatch("the targets are not one number a sample: give one".into())
        })?;
        let positions: Vec<usize> = (0..samples.len()).collect();
        Ok(samples.gather(target, &positions).into_dense().iter::<f64>().collect())
    };
    let (targets, answers) = (numbers(train)?, numbers(validation)?);
    let answer = targets.iter().sum::<f64>() / targets.len() as f64;
    let errors = answers.iter().map(|target| (target - answer).abs());
    Ok(Baseline { answer, score: errors.sum::<f64>() / answers.len() as f64 })
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;
    use kindling_data::Column;

    use super::*;

    fn samples(target: Column) -> Samples {
        let inputs = TensorData::new(vec![0.0_f32; target.len()], [target.len(), 1]);
        Samples::new(Column::floats(inputs).unwrap(), target).unwrap()
    }

    fn labelled(labels: &[i32]) -> Samples {
        samples(Column::classes(TensorData::new(labels.to_vec(), [labels.len()])).unwrap())
    }

    fn numbered(numbers: &[f32]) -> Samples {
        samples(Column::floats(TensorData::new(numbers.to_vec(), [numbers.len()])).unwrap())
    }

    #[test]
    fn the_commonest_training_class_is_answered_for_every_validation_sample() {
        let task = Task::classification(3).unwrap();
        let (train, validation) = (labelled(&[2, 0, 2, 1, 2]), labelled(&[2, 2, 0, 1]));
        assert_eq!(task.baseline(&train, &validation).unwrap(), Baseline { answer: 2.0, score: 0.5 });
        let equals = Task::BinaryClassification.baseline(&labelled(&[1, 0, 1, 0]), &labelled(&[0, 0, 1, 0]));
        assert_eq!(equals.unwrap(), Baseline { answer: 0.0, score: 0.75 });
        // A view counts its own samples alone.
        let view = train.select(&[1, 3, 1]).unwrap();
        assert_eq!(task.baseline(&view, &validation).unwrap(), Baseline { answer: 0.0, score: 0.25 });
    }

    #[test]
    fn the_mean_of_the_training_targets_is_answered_for_every_validation_sample() {
        let (train, validation) = (numbered(&[1.0, 2.0, 6.0]), numbered(&[3.0, 5.0, 0.0, 1.0]));
        // |3 - 3|, |5 - 3|, |0 - 3|, |1 - 3|
        let baseline = Task::Regression.baseline(&train, &validation).unwrap();
        assert_eq!(baseline, Baseline { answer: 3.0, score: 7.0 / 4.0 });
    }

    #[test]
    fn what_cannot_be_scored_is_refused() {
        let refused = |task: Task, train: &Samples, validation: &Samples| {
            task.baseline(train, validation).unwrap_err().to_string()
        };
        let (binary, two) = (Task::BinaryClassification, labelled(&[0, 1]));
        assert!(
            refused(binary, &labelled(&[1, 1, 1]), &two).contains("all 3 training samples are of class 1")
        );
        assert!(refused(binary, &two, &labelled(&[])).contains("number of samples is 0"));
        assert!(refused(binary, &labelled(&[]), &two).contains("number of samples is 0"));
        assert!(refused(binary, &numbered(&[0.5]), &two).contains("no classes"));
        for classes in [0, 1] {
            let message = Task::classification(classes).unwrap_err().to_string();
            assert!(message.contains(&format!("classes is {classes}")), "{message}");
        }
    }

    #[test]
    fn loss_metric_and_last_layer_go_with_the_targets() {
        let of = |task: Task| (task.loss(), task.metric(), task.outputs(), task.activation());
        let two = (Loss::BinaryCrossentropy, Metric::Accuracy, 1, Activation::Sigmoid);
        assert_eq!(of(Task::classification(2).unwrap()), two);
        let many = (Loss::SparseCategoricalCrossentropy, Metric::Accuracy, 46, Activation::Softmax);
        assert_eq!(of(Task::classification(46).unwrap()), many);
        assert_eq!(of(Task::Regression), (Loss::MeanSquaredError, Metric::Mae, 1, Activation::Linear));
    }
}
