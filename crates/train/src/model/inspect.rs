//! Gradients, losses and activations without a training step.

use burn::{
    module::{ModuleMapper, Param},
    optim::GradientsParams,
    tensor::{Tensor, TensorData},
};
use kindling_data::Samples;
use kindling_models::{Network, Pass, Weights};

use super::{Feed, Model, evaluate::INFERENCE_BATCH, fit::GraphPass};
use crate::TrainError;

impl<N: Network> Model<N> {
    /// Returns the gradients of the loss, including penalties, over all samples as one batch, before clipping. The
    /// next training step on this batch uses the same gradients. They have the names of the weights; weights that are
    /// not trained have zeros.
    ///
    /// # Errors
    /// Returns an error if the samples do not fit the network or the device fails.
    pub fn gradients(&self, samples: &Samples) -> Result<Weights, TrainError> {
        let samples = self.prepared(samples)?;
        self.check(&samples)?;
        let feed = Feed::once(&samples, &self.device);
        let batch = feed.batch(&feed.order((0..samples.len()).collect()), 0, samples.len())?;
        let GraphPass { network, gradients, .. } = self.graph_pass(batch, None)?;
        let network = network.valid();
        Ok(Weights::of(&network.map(&mut Replace(gradients.unwrap_or_default())))?)
    }

    /// Returns the loss of each sample, `[samples]`, without penalties. With several outputs, it is the weighted sum
    /// of their losses.
    ///
    /// # Errors
    /// Returns an error if the samples do not fit the network or the device fails.
    pub fn losses(&self, samples: &Samples) -> Result<Vec<f32>, TrainError> {
        let samples = self.prepared(samples)?;
        self.check(&samples)?;
        let feed = Feed::once(&samples, &self.device).for_network(self.network());
        let order = feed.order((0..feed.len()).collect());
        let mut losses = Vec::with_capacity(feed.len());
        feed.for_each_batch(&order, INFERENCE_BATCH, |batch| {
            let outputs = self.forward(self.network(), batch.inputs, batch.len, &Pass::inference())?;
            let mut sums: Option<Tensor<1>> = None;
            for ((output, target), head) in outputs.iter().zip(batch.targets).zip(&self.heads) {
                let (_, own) = head.objective.losses(output, target, batch.len)?;
                let own = own.mul_scalar(head.objective.weight);
                sums = Some(match sums {
                    Some(sums) => sums + own,
                    None => own,
                });
            }
            let sums = sums.map(Tensor::try_into_data).transpose().map_err(TrainError::device)?;
            losses.extend(sums.iter().flat_map(|sums| sums.iter::<f32>()));
            Ok(())
        })?;
        Ok(losses)
    }

    /// Returns the number of dead units of each hidden layer: those whose output is 0 for all of these samples. Empty
    /// for a network that is not a [`Sequential`](kindling_models::Sequential).
    ///
    /// # Errors
    /// Returns an error if the samples do not fit the network or the device fails.
    pub fn silent_units(&self, samples: &Samples) -> Result<Vec<SilentUnits>, TrainError> {
        let Some(predictor) = self.predictor().sequential() else { return Ok(Vec::new()) };
        let outputs = predictor.layer_outputs(samples)?;
        let hidden = outputs.len().saturating_sub(1);
        let layers = predictor.network().layer_shapes().zip(outputs).take(hidden);
        let count = |((layer, _), data): ((&str, _), TensorData)| {
            let units = data.num_elements() / samples.len().max(1);
            let mut used = vec![false; units];
            for (place, value) in data.iter::<f32>().enumerate() {
                used[place % units] |= value != 0.0;
            }
            let silent = used.iter().filter(|used| !**used).count();
            SilentUnits { layer: layer.to_owned(), silent, units }
        };
        Ok(layers.map(count).collect())
    }
}

/// The number of dead units of a layer: those whose output is 0 for all given samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SilentUnits {
    /// Name of the layer.
    pub layer: String,
    /// Number of units whose output is always 0.
    pub silent: usize,
    /// Number of outputs per sample.
    pub units: usize,
}

/// Replaces weights by their gradients.
struct Replace(GradientsParams);

impl ModuleMapper for Replace {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let gradient = self.0.remove::<D>(param.id);
        param.map(|weight| gradient.unwrap_or_else(|| weight.zeros_like()))
    }
}
