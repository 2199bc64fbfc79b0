//! Training steps.

use burn::{optim::GradientsParams, tensor::Tensor};
use kindling_data::{Batch, Samples};
use kindling_models::{Network, Pass, Reserved, Value};
use kindling_ops::update::OuterGradients;

use super::NotFiniteCause;
use crate::{
    TrainError,
    model::{
        Logs, Model,
        feed::Feed,
        meter::{Fault, Figures, Meter},
    },
    optimizers::Gradients,
};

/// The reason why a step was skipped.
pub(super) struct Refused {
    loss: f64,
    /// The gradient that is not finite, or `None` if it is the loss.
    cause: Option<NotFiniteCause>,
}

impl Refused {
    /// Converts the reason to an error with its location.
    pub fn at(self, epoch: usize, step: usize) -> TrainError {
        let (name, value) = match &self.cause {
            Some(NotFiniteCause::Gradient { value, .. }) => ("gradient", f64::from(*value)),
            _ => ("loss", self.loss),
        };
        TrainError::NotFinite { name: name.into(), value, epoch, step, cause: self.cause.map(Box::new) }
    }
}

/// The result of the forward and backward pass on a batch with an autodiff graph.
pub(in crate::model) struct GraphPass<N> {
    /// The network on the autodiff device.
    pub network: N,
    /// The loss, including penalties, without its graph.
    loss: Tensor<1>,
    /// The sums of the metrics.
    sums: Vec<Tensor<1>>,
    /// `None` if no weight is trained.
    pub gradients: Option<GradientsParams>,
}

impl<N: Network> Model<N> {
    /// Runs one training step with all of `samples` as one batch. Returns the loss, including penalties, and the
    /// metrics of the forward pass, before the update.
    ///
    /// # Errors
    /// Returns an error if the samples do not fit the network, the loss is not finite, or the device fails.
    pub fn train_on_batch(&mut self, samples: &Samples) -> Result<Logs, TrainError> {
        let samples = self.prepared(samples)?.into_owned();
        self.check(&samples)?;
        self.check_learning_rates(1)?;
        let mut meter = Meter::new(&self.heads);
        let feed = Feed::once(&samples, &self.device);
        let batch = feed.batch(&feed.order((0..samples.len()).collect()), 0, samples.len())?;
        let figures = self.train_step(batch, false)?.map_err(|refused| refused.at(self.epoch + 1, 1))?;
        let at = |fault: Fault| fault.at("", self.epoch + 1);
        meter.add(figures).map_err(at)?;
        meter.read().map_err(at)
    }

    /// Runs the forward and backward pass on a batch and updates the weights. If `checked`, the weights are not
    /// updated when the loss or a gradient is not finite.
    pub(super) fn train_step(
        &mut self,
        batch: Batch<Value>,
        checked: bool,
    ) -> Result<Result<Figures, Refused>, TrainError> {
        let kernels = if checked { None } else { self.kernel_step(&batch)? };
        let figures = match kernels {
            Some(figures) => Ok(figures),
            None => self.graph_step(batch, checked)?,
        };
        self.step += 1;
        Ok(figures)
    }

    /// Runs the forward and backward pass of the next training step with an autodiff graph. Gradients that bypass the
    /// graph are added to `outer`, if it is given.
    pub(in crate::model) fn graph_pass(
        &self,
        batch: Batch<Value>,
        outer: Option<OuterGradients>,
    ) -> Result<GraphPass<N>, TrainError> {
        // Burn's dropout and noise layers share one random number generator per process.
        let reserved = self.draws_on_backend.then(|| Reserved::new(&self.device, self.seed, self.step + 1));
        // Burn's layers run in training mode only on an autodiff device.
        let network = self.network().clone().train();
        let inputs = batch.inputs.into_iter().map(Value::autodiff).collect();
        let pass = Pass::training(self.seed, self.step);
        let pass = match outer {
            Some(outer) => pass.outer_gradients(outer),
            None => pass,
        };
        let outputs = self.forward(&network, inputs, batch.len, &pass)?;
        drop(reserved);
        let (mut loss, sums) = self.measure(outputs, batch.targets, batch.weights, batch.len)?;
        if let Some(penalty) = network.penalty() {
            loss = loss + penalty;
        }
        // The loss of a network without trained weights has no gradients.
        let gradients = loss.is_tracked().then(|| GradientsParams::from_grads(loss.backward(), &network));
        Ok(GraphPass { network, loss: loss.inner(), sums, gradients })
    }

    /// Runs a training step with an autodiff graph.
    fn graph_step(
        &mut self,
        batch: Batch<Value>,
        checked: bool,
    ) -> Result<Result<Figures, Refused>, TrainError> {
        let (len, outer) = (batch.len, OuterGradients::default());
        // Outer gradients bypass the graph, so they cannot be checked.
        let bypass = !checked && self.updater.takes_kernels(self.network());
        let GraphPass { network, loss: value, sums, gradients } =
            self.graph_pass(batch, bypass.then(|| outer.clone()))?;
        if checked {
            let loss = value.clone().try_into_data().map_err(TrainError::device)?;
            let loss = loss.iter::<f64>().next().unwrap_or(f64::NAN);
            if !loss.is_finite() {
                return Ok(Err(Refused { loss, cause: None }));
            }
            if let Some(graph) = &gradients
                && let Some(cause) = self.not_finite_gradient(graph)?
            {
                return Ok(Err(Refused { loss, cause: Some(cause) }));
            }
        }
        let figures = Figures::new(len, value, sums);
        // Drop the other reference to the weights, so that they can be updated in place.
        self.network = None;
        let network = network.valid();
        self.network = Some(match gradients {
            Some(graph) => self.updater.update(self.step, network, Gradients::of_graph(graph, outer.take())),
            None => network,
        });
        Ok(Ok(figures))
    }
}
