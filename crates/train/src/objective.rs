//! What a compiled model optimises and reports for one output.

use burn::tensor::Tensor;
use kindling_data::{Column, Samples};
use kindling_models::{OutputSpec, Value};

use crate::{Loss, Metric, TrainError, losses::Target};

/// The loss and metrics of one output.
#[derive(Clone, Debug)]
pub(crate) struct Objective {
    pub output: OutputSpec,
    pub loss: Loss,
    pub metrics: Vec<Metric>,
}

impl Objective {
    /// The mean loss and the metrics' sums over the batch' samples, each of shape `[1]`. Where a sample's output has
    /// several steps, each counts as one of them.
    pub fn measure(&self, logits: Value, target: Target) -> (Tensor<1>, Vec<Tensor<1>>) {
        let batch = logits.shape()[0];
        let logits = logits.rows();
        let [rows, units] = logits.dims();
        let target = target.rows([rows, units]);
        let plain = logits.clone().inner();
        let measure = |metric: &Metric| {
            let sum = metric.sum(plain.clone(), self.output.activation, target.clone());
            if rows == batch { sum } else { sum.mul_scalar(batch as f64 / rows as f64) }
        };
        let metrics = self.metrics.iter().map(measure).collect();
        (self.loss.mean(logits, self.output.activation, target), metrics)
    }

    /// Sees to it that loss, metrics, output and the whole column of targets fit together, so that no step can fail.
    pub fn check(&self, samples: &Samples, column: &Column) -> Result<(), TrainError> {
        let units: usize = self.output.shape.iter().product();
        let classes_wanted = self.loss == Loss::SparseCategoricalCrossentropy;
        let of_classes = |metric: &Metric| {
            matches!(
                metric,
                Metric::TopK(_) | Metric::CategoricalAccuracy | Metric::SparseCategoricalAccuracy
            )
        };
        let needs_classes = classes_wanted || self.loss == Loss::CategoricalCrossentropy;
        if units == 1 && (needs_classes || self.metrics.iter().any(of_classes)) {
            return Err(TrainError::Mismatch(
                "SparseCategoricalCrossentropy and TopK, as all that is categorical, take one unit for each class, the \
                 network has 1: widen the last layer, or take BinaryCrossentropy and Accuracy"
                    .into(),
            ));
        }
        if self.metrics.contains(&Metric::TopK(0)) {
            return Err(TrainError::argument("TopK", 0, "count at least the likeliest class: TopK(1)"));
        }
        match samples.integers(column) {
            Some(classes) => {
                let limit = if units == 1 { 2 } else { units };
                let numbers = matches!(self.loss, Loss::MeanSquaredError | Loss::MeanAbsoluteError);
                if !classes_wanted && units != 1 {
                    return Err(TrainError::Mismatch(format!(
                        "{:?} compares {units} values a sample, the targets are class indices: give one-hot targets \
                         (to_categorical), or take SparseCategoricalCrossentropy",
                        self.loss
                    )));
                }
                let outside = |class: &i32| !numbers && !(0..limit as i64).contains(&i64::from(*class));
                match classes.iter().position(outside) {
                    Some(sample) => Err(TrainError::Mismatch(format!(
                        "sample {sample} is labelled {}, the network tells classes 0 to {} apart: correct the label, \
                         or widen the last layer",
                        classes[sample],
                        limit - 1
                    ))),
                    None => Ok(()),
                }
            }
            None if classes_wanted => Err(TrainError::Mismatch(
                "SparseCategoricalCrossentropy compares class indices, the targets are numbers: give classes, or take \
                 CategoricalCrossentropy for one-hot targets"
                    .into(),
            )),
            None => {
                let width: usize = column.sample_shape().iter().product();
                if width == units {
                    return Ok(());
                }
                Err(TrainError::Mismatch(format!(
                    "the network gives {units} values a sample, the targets have {width}: change the last layer, or \
                     the targets"
                )))
            }
        }
    }
}
