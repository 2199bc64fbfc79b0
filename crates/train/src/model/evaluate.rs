//! Evaluation, and the forward pass and loss that it shares with training.

use burn::tensor::Tensor;
use kindling_data::Samples;
use kindling_models::{Network, OutputSpec, Pass, Value};

use super::{
    Feed, Logs, Model,
    meter::{Fault, Figures, Meter},
    objective::output,
};
use crate::{TrainError, losses::Output};

/// Number of samples per batch in inference. It affects results only by rounding.
pub(super) const INFERENCE_BATCH: usize = 512;

impl<N: Network> Model<N> {
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

    /// Evaluates samples that have already been checked. `prefix` is `val_` in validation.
    pub(super) fn evaluate_feed(&self, feed: &Feed, prefix: &str) -> Result<Logs, TrainError> {
        let at = |fault: Fault| fault.at(prefix, self.epoch);
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
            let (target, losses_of_samples) = objective.losses(&output, target, len)?;
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
