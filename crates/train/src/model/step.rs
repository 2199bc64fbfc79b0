//! Training and evaluation steps.

use burn::{optim::GradientsParams, tensor::Tensor};
use kindling_data::{Batch, Samples};
use kindling_models::{Network, OutputSpec, Pass, Reserved, Value};
use kindling_ops::update::OuterGradients;

use super::{
    Feed, Logs, Model, NotFiniteCause,
    meter::{Figures, Meter},
    objective::output,
};
use crate::{
    TrainError,
    losses::{Output, Target},
    optimizers::Gradients,
};

/// Number of samples per batch in inference. It affects results only by rounding.
pub(super) const INFERENCE_BATCH: usize = 512;

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

impl<N: Network> Model<N> {
    /// Runs one training step with all of `samples` as one batch. Returns the loss, including penalties, and the
    /// metrics of the forward pass, before the update.
    ///
    /// # Errors
    /// Returns an error if the samples do not fit the network, the loss is not finite, or the device fails.
    pub fn train_on_batch(&mut self, samples: &Samples) -> Result<Logs, TrainError> {
        let samples = self.prepared(samples)?.into_owned();
        self.check(&samples)?;
        self.updater.learning_rate().check(self.step..self.step + 1)?;
        let mut meter = Meter::new(&self.heads);
        let feed = Feed::once(&samples, &self.device);
        let batch = feed.batch(&feed.order((0..samples.len()).collect()), 0, samples.len())?;
        let figures = self.train_step(batch, false)?.map_err(|refused| refused.at(self.epoch + 1, 1))?;
        let at = |fault: super::meter::Fault| fault.at("", self.epoch + 1);
        meter.add(figures).map_err(at)?;
        meter.read().map_err(at)
    }

    /// Returns the loss and metrics over all samples. Unlike in Keras, the loss does not include weight penalties.
    ///
    /// # Errors
    /// Returns an error if the samples do not fit the network, the loss is not finite, or the device fails.
    pub fn evaluate(&self, samples: &Samples) -> Result<Logs, TrainError> {
        let samples = self.prepared(samples)?;
        self.check(&samples)?;
        self.evaluate_feed(&Feed::once(&samples, &self.device).for_network(self.network()), "")
    }

    /// Returns the sum of the weight penalties of the current weights, which training adds to the loss.
    ///
    /// # Errors
    /// Returns an error if the device fails.
    pub fn penalty(&self) -> Result<f64, TrainError> {
        let Some(penalty) = self.network().penalty() else { return Ok(0.0) };
        let data = penalty.try_into_data().map_err(TrainError::device)?;
        Ok(data.iter::<f64>().sum())
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

    /// Runs a training step with an autodiff graph.
    fn graph_step(
        &mut self,
        batch: Batch<Value>,
        checked: bool,
    ) -> Result<Result<Figures, Refused>, TrainError> {
        // Burn's dropout and noise layers share one random number generator per process.
        let reserved = self.draws_on_backend.then(|| Reserved::new(&self.device, self.seed, self.step + 1));
        // Burn's layers run in training mode only on an autodiff device.
        let network = self.network().clone().train();
        let inputs = batch.inputs.into_iter().map(Value::autodiff).collect();
        let outer = OuterGradients::default();
        let pass = Pass::training(self.seed, self.step);
        // Outer gradients bypass the graph, so they cannot be checked.
        let pass = if !checked && self.updater.takes_kernels(self.network()) {
            pass.outer_gradients(outer.clone())
        } else {
            pass
        };
        let outputs = self.forward(&network, inputs, batch.len, &pass)?;
        drop(reserved);
        let (mut loss, sums) = self.measure(outputs, batch.targets, batch.weights, batch.len)?;
        if let Some(penalty) = network.penalty() {
            loss = loss + penalty;
        }
        let value = loss.clone().inner();
        // The loss of a network without trained weights has no gradients.
        let gradients = loss.is_tracked().then(|| GradientsParams::from_grads(loss.backward(), &network));
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
        let figures = Figures::new(batch.len, value, sums);
        // Drop the other reference to the weights, so that they can be updated in place.
        self.network = None;
        let network = network.valid();
        self.network = Some(match gradients {
            Some(graph) => self.updater.update(self.step, network, Gradients::of_graph(graph, outer.take())),
            None => network,
        });
        Ok(Ok(figures))
    }

    /// Evaluates samples that have already been checked. `prefix` is `val_` in validation.
    pub(super) fn evaluate_feed(&self, feed: &Feed, prefix: &str) -> Result<Logs, TrainError> {
        let at = |fault: super::meter::Fault| fault.at(prefix, self.epoch);
        let mut meter = Meter::new(&self.heads);
        let order = feed.order((0..feed.len()).collect());
        feed.for_each_batch(&order, INFERENCE_BATCH, |batch| {
            let outputs = self.forward(self.network(), batch.inputs, batch.len, &Pass::inference())?;
            let (loss, sums) = self.measure(outputs, batch.targets, batch.weights, batch.len)?;
            meter.add(Figures::new(batch.len, loss, sums)).map_err(at)
        })?;
        meter.read().map_err(at)
    }

    pub(super) fn forward(
        &self,
        network: &N,
        inputs: Vec<Value>,
        len: usize,
        pass: &Pass,
    ) -> Result<Vec<Output>, TrainError> {
        forward(network, self.heads.iter().map(|head| &head.output), inputs, len, pass)
    }

    /// Returns the weighted sum of the losses of all outputs, `[1]`, and the sums over the batch for each entry of
    /// [`Meter`].
    pub(super) fn measure(
        &self,
        outputs: Vec<Output>,
        targets: Vec<Value>,
        weights: Vec<Option<Value>>,
        len: usize,
    ) -> Result<(Tensor<1>, Vec<Tensor<1>>), TrainError> {
        let (mut losses, mut sums) = (Vec::with_capacity(outputs.len()), Vec::new());
        let mut weights = weights.into_iter();
        for ((output, target), head) in outputs.into_iter().zip(targets).zip(&self.heads) {
            let objective = &head.objective;
            let target = match objective.loss.is_aligned() {
                true => Target::new(target, &output)?,
                false => Target::unaligned(target, &output),
            };
            let losses_of_samples = objective.loss.per_sample(&output, &target);
            let shape = losses_of_samples.dims();
            if shape != [len] {
                return Err(wrong_length(objective.loss.name(), shape[0], len));
            }
            let loss = mean(losses_of_samples, weights.next().flatten());
            if self.heads.len() > 1 {
                sums.push(loss.clone().inner().mul_scalar(len as f64));
            }
            losses.push(match objective.weight {
                1.0 => loss,
                weight => loss.mul_scalar(weight),
            });
            sums.extend(objective.sums(&output.inner(), &target)?);
        }
        let loss = match losses.len() {
            1 => losses.remove(0),
            _ => Tensor::cat(losses, 0).sum(),
        };
        Ok((loss, sums))
    }
}

/// Runs a network on a batch of `len` samples, and checks that it returns the declared number of outputs with the
/// declared shapes.
pub(super) fn forward<'a, N: Network>(
    network: &N,
    specs: impl ExactSizeIterator<Item = &'a OutputSpec>,
    inputs: Vec<Value>,
    len: usize,
    pass: &Pass,
) -> Result<Vec<Output>, TrainError> {
    let outputs = network.forward(inputs, pass)?;
    if outputs.len() != specs.len() {
        let names: Vec<&str> = specs.map(|output| output.name.as_str()).collect();
        return Err(TrainError::Mismatch(format!(
            "the network's forward returned {} outputs, but its outputs() declares {} ({}): make them agree",
            outputs.len(),
            names.len(),
            names.join(", ")
        )));
    }
    outputs.into_iter().zip(specs).map(|(value, spec)| output(spec, value, len)).collect()
}

/// Returns the mean of the losses of a batch, `[1]`, each multiplied by its sample weight.
pub(super) fn mean(losses: Tensor<1>, weights: Option<Value>) -> Tensor<1> {
    match weights {
        Some(weights) => {
            let len = losses.dims()[0];
            (losses * weights.rows().reshape([len])).mean()
        }
        None => losses.mean(),
    }
}

fn wrong_length(loss: &str, found: usize, len: usize) -> TrainError {
    TrainError::Mismatch(format!(
        "the loss {loss} returned {found} values for {len} samples: return one value per sample (Output::per_sample)"
    ))
}
