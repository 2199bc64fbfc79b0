//! What a compiled model optimises and reports.

use burn::tensor::Tensor;
use kindling_data::{Column, Samples};
use kindling_models::{OutputSpec, Value};

use crate::{Loss, Metric, TrainError, ctc, losses::Target};

/// The loss of one output, its weight in the sum that training minimises, and the output's metrics.
///
/// A network of several outputs takes one for each, in their order: Keras' `loss`, `loss_weights` and `metrics`.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    pub(crate) loss: Loss,
    pub(crate) weight: f64,
    pub(crate) metrics: Vec<Metric>,
}

impl Objective {
    /// A loss of weight 1, without metrics.
    pub fn new(loss: Loss) -> Self {
        Self { loss, weight: 1.0, metrics: Vec::new() }
    }

    /// How much the loss counts beside those of the other outputs; 1. With 0 it is reported, and nothing learns from it.
    pub fn weight(self, weight: f64) -> Self {
        Self { weight, ..self }
    }

    /// What is reported of the output beside its loss; nothing.
    pub fn metrics(self, metrics: impl Into<Vec<Metric>>) -> Self {
        Self { metrics: metrics.into(), ..self }
    }

    /// Sees to it that the weight can be used.
    pub(crate) fn checked(self) -> Result<Self, TrainError> {
        match self.weight.is_finite() && self.weight >= 0.0 {
            true => Ok(self),
            false => {
                Err(TrainError::argument("a loss weight", self.weight, "give a number that is not negative"))
            }
        }
    }
}

/// An output with its objective.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub output: OutputSpec,
    pub objective: Objective,
}

impl Head {
    /// The mean loss and the metrics' sums over the batch' samples, each of shape `[1]`. Where a sample's output has
    /// several steps, each counts as one of them.
    pub fn measure(&self, logits: Value, target: Target) -> (Tensor<1>, Vec<Tensor<1>>) {
        let Objective { loss, metrics, .. } = &self.objective;
        let (activation, batch) = (self.output.activation, logits.shape()[0]);
        let loss = loss.mean(logits.clone(), activation, target.clone());
        if metrics.is_empty() {
            return (loss, Vec::new());
        }
        let logits = logits.rows().inner();
        let [rows, units] = logits.dims();
        let target = target.rows([rows, units]);
        let measure = |metric: &Metric| {
            let sum = metric.sum(logits.clone(), activation, target.clone());
            if rows == batch { sum } else { sum.mul_scalar(batch as f64 / rows as f64) }
        };
        (loss, metrics.iter().map(measure).collect())
    }

    /// Sees to it that loss, metrics, output and the whole column of targets fit together, so that no step can fail.
    pub fn check(&self, samples: &Samples, column: &Column) -> Result<(), TrainError> {
        let Objective { loss, metrics, .. } = &self.objective;
        if *loss == Loss::Ctc {
            return ctc::check(&self.output, metrics, samples, column);
        }
        let (units, steps) = match self.output.shape.as_slice() {
            [steps @ .., units] => (*units, steps.iter().product::<usize>()),
            [] => (1, 1),
        };
        let width: usize = column.sample_shape().iter().product();
        let classes_wanted = *loss == Loss::SparseCategoricalCrossentropy;
        let of_classes = |metric: &Metric| {
            matches!(
                metric,
                Metric::TopK(_) | Metric::CategoricalAccuracy | Metric::SparseCategoricalAccuracy
            )
        };
        let needs_classes = classes_wanted || *loss == Loss::CategoricalCrossentropy;
        if units == 1 && (needs_classes || metrics.iter().any(of_classes)) {
            return Err(TrainError::Mismatch(
                "SparseCategoricalCrossentropy and TopK, as all that is categorical, take one unit for each class, the \
                 network has 1: widen the last layer, or take BinaryCrossentropy and Accuracy"
                    .into(),
            ));
        }
        if metrics.contains(&Metric::TopK(0)) {
            return Err(TrainError::argument("TopK", 0, "count at least the likeliest class: TopK(1)"));
        }
        match samples.integers(column) {
            Some(classes) => {
                let limit = if units == 1 { 2 } else { units };
                let numbers = matches!(loss, Loss::MeanSquaredError | Loss::MeanAbsoluteError);
                if !classes_wanted && units != 1 {
                    return Err(TrainError::Mismatch(format!(
                        "{loss:?} compares {units} values a sample, the targets are class indices: give one-hot targets \
                         (to_categorical), or take SparseCategoricalCrossentropy"
                    )));
                }
                if width != steps {
                    return Err(TrainError::Mismatch(format!(
                        "the network tells a class at each of {steps} steps a sample, the targets have {width}: give as \
                         many (Column::ids), or change the last layer"
                    )));
                }
                let outside = |class: &i32| !numbers && !(0..limit as i64).contains(&i64::from(*class));
                match classes.iter().position(outside) {
                    Some(place) => Err(TrainError::Mismatch(format!(
                        "sample {} is labelled {}, the network tells classes 0 to {} apart: correct the label, \
                         or widen the last layer",
                        place / steps,
                        classes[place],
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
                let values = steps * units;
                if width == values {
                    return Ok(());
                }
                Err(TrainError::Mismatch(format!(
                    "the network gives {values} values a sample, the targets have {width}: change the last layer, or \
                     the targets"
                )))
            }
        }
    }
}
