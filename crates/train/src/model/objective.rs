//! What a compiled model optimizes and reports.

use burn::tensor::Tensor;
use kindling_data::Column;
use kindling_models::{IntoPart, OutputSpec, Part, Value};
use serde::{Deserialize, Serialize};

use crate::{
    TrainError,
    losses::{Loss, Output, Target},
    metrics::{IntoMetrics, Metric},
};

/// The loss of one output, its weight in the sum that training minimizes, and the output's metrics.
///
/// A network of several outputs takes one for each, in their order: Keras' `loss`, `loss_weights` and `metrics`.
///
/// ```
/// use kindling_train::{Objective, losses::{BinaryCrossentropy, MeanSquaredError}, metrics::{Accuracy, Mae}};
///
/// // For a network with the outputs price and sold: `.objectives(objectives)` after `Model::new`.
/// let objectives = [
///     Objective::new(MeanSquaredError).weight(0.1).metrics([Mae]),
///     Objective::new(BinaryCrossentropy::default()).metrics([Accuracy]),
/// ];
/// # let _ = objectives;
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    pub(crate) loss: Part<dyn Loss>,
    pub(crate) weight: f64,
    pub(crate) metrics: Vec<Part<dyn Metric>>,
}

impl Objective {
    /// A loss of weight 1, without metrics.
    pub fn new(loss: impl IntoPart<dyn Loss>) -> Self {
        Self { loss: loss.into_part(), weight: 1.0, metrics: Vec::new() }
    }

    /// Sets how much the loss counts beside those of the other outputs. With 0 it is reported, but not trained on.
    /// Default: 1.
    pub fn weight(self, weight: f64) -> Self {
        Self { weight, ..self }
    }

    /// Sets the metrics that are reported beside the loss. Default: none.
    pub fn metrics(self, metrics: impl IntoMetrics) -> Self {
        Self { metrics: metrics.into_metrics(), ..self }
    }

    /// Returns the sums over a batch that each metric is computed from.
    pub(super) fn sums(&self, output: &Output, target: &Target) -> Result<Vec<Tensor<1>>, TrainError> {
        let sums = self.metrics.iter().map(|metric| {
            let sums = metric.sums(output, target).inner();
            match sums.dims() {
                [0] => {
                    let problem =
                        format!("the metric {} returned no sums: return at least one", metric.name());
                    Err(TrainError::Mismatch(problem))
                }
                _ => Ok(sums),
            }
        });
        sums.collect()
    }

    /// Checks that the weight is usable.
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
    /// Checks that loss, metrics, output and a whole column of targets fit together.
    pub fn check(&self, target: &Column) -> Result<(), TrainError> {
        let Objective { loss, metrics, .. } = &self.objective;
        if let Some(metric) = metrics.first().filter(|_| !loss.is_aligned()) {
            return Err(TrainError::Mismatch(format!(
                "{} compares sequences whose length differs from the output's, which the metric {} cannot: give no \
                 metrics",
                loss.name(),
                metric.name()
            )));
        }
        loss.check(&self.output, target)?;
        metrics.iter().try_for_each(|metric| metric.check(&self.output, target))
    }
}

/// A batch of the output, of the shape that the network declares.
pub(super) fn output(spec: &OutputSpec, value: Value, len: usize) -> Result<Output, TrainError> {
    let OutputSpec { name, shape: declared, activation } = spec;
    // A sample of one number comes with an axis.
    let declared: &[usize] = if declared.is_empty() { &[1] } else { declared };
    let (shape, expected) = (value.shape(), [&[len], declared].concat());
    match shape == expected {
        true => Ok(Output::new(value, activation.clone())),
        false => Err(TrainError::Mismatch(format!(
            "the network's forward returned shape {shape:?} for output {name:?}, where its outputs() declares \
             {expected:?}, batch axis included: make them agree"
        ))),
    }
}
