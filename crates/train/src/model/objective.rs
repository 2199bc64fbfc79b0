//! The loss and metrics of an output.

use burn::tensor::Tensor;
use kindling_data::Column;
use kindling_models::{IntoPart, OutputSpec, Part, Value};
use serde::{Deserialize, Serialize};

use crate::{
    TrainError,
    losses::{Loss, Output, Target},
    metrics::{IntoMetrics, Metric},
};

/// The loss of one output, its weight in the total loss, and the metrics of the output.
///
/// A network with several outputs takes one objective per output, in the order of the outputs: Keras' `loss`,
/// `loss_weights` and `metrics`.
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
    /// Creates an objective from a loss, with weight 1 and without metrics.
    pub fn new(loss: impl IntoPart<dyn Loss>) -> Self {
        Self { loss: loss.into_part(), weight: 1.0, metrics: Vec::new() }
    }

    /// Sets the weight of the loss in the total loss. With 0, the loss is reported but not trained on. Default: 1.
    pub fn weight(self, weight: f64) -> Self {
        Self { weight, ..self }
    }

    /// Sets the metrics of the output. Default: none.
    pub fn metrics(self, metrics: impl IntoMetrics) -> Self {
        Self { metrics: metrics.into_metrics(), ..self }
    }

    /// Returns the target in the form that the loss and metrics take, and the loss of each of `len` samples.
    pub(super) fn losses(
        &self,
        output: &Output,
        target: Value,
        len: usize,
    ) -> Result<(Target, Tensor<1>), TrainError> {
        let target = match self.loss.is_aligned() {
            true => Target::new(target, output)?,
            false => Target::unaligned(target, output),
        };
        let losses = self.loss.per_sample(output, &target);
        match losses.dims()[0] {
            found if found == len => Ok((target, losses)),
            found => Err(TrainError::Mismatch(format!(
                "the loss {} returned {found} values for {len} samples: return one value per sample (Output::per_sample)",
                self.loss.name()
            ))),
        }
    }

    /// Returns the sums over a batch from which each metric is computed.
    pub(super) fn sums(&self, output: &Output, target: &Target) -> Result<Vec<Tensor<1>>, TrainError> {
        let sums = self.metrics.iter().map(|metric| {
            let sums = metric.sums(output, target).inner();
            match sums.dims() {
                [0] => {
                    let problem =
                        format!("the metric {} returned no sums: return at least one sum", metric.name());
                    Err(TrainError::Mismatch(problem))
                }
                _ => Ok(sums),
            }
        });
        sums.collect()
    }

    /// Checks that the weight is finite and not negative.
    pub(crate) fn checked(self) -> Result<Self, TrainError> {
        match self.weight.is_finite() && self.weight >= 0.0 {
            true => Ok(self),
            false => {
                Err(TrainError::argument("a loss weight", self.weight, "give a finite number of at least 0"))
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
    /// Checks that the loss, metrics, output and targets fit together.
    pub fn check(&self, target: &Column) -> Result<(), TrainError> {
        let Objective { loss, metrics, .. } = &self.objective;
        if let Some(metric) = metrics.first().filter(|_| !loss.is_aligned()) {
            return Err(TrainError::Mismatch(format!(
                "the metric {1} cannot compare sequences of another length than the output, as {0} does: compile without \
                 metrics",
                loss.name(),
                metric.name()
            )));
        }
        loss.check(&self.output, target)?;
        metrics.iter().try_for_each(|metric| metric.check(&self.output, target))
    }
}

/// Returns the output for a batch of `len` samples, after checking that it has the declared shape.
pub(super) fn output(spec: &OutputSpec, value: Value, len: usize) -> Result<Output, TrainError> {
    let OutputSpec { name, shape: declared, activation } = spec;
    // A scalar output has one axis of length 1.
    let declared: &[usize] = if declared.is_empty() { &[1] } else { declared };
    let (shape, expected) = (value.shape(), [&[len], declared].concat());
    match shape == expected {
        true => Ok(Output::new(value, activation.clone())),
        false => Err(TrainError::Mismatch(format!(
            "the network's forward returned shape {shape:?} for output {name:?}, but its outputs() declares {expected:?}, \
             including the batch axis: make them agree"
        ))),
    }
}
