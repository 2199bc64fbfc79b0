//! A network compiled with an optimizer, losses and metrics.

use burn::{
    optim::{GradientsParams, ModuleOptimizer},
    tensor::{Device, Tensor},
};
use kindling_data::Samples;
use kindling_models::{Architecture, Network, Pass, Value, Weights};

use crate::{
    Logs, Loss, Metric, Objective, Optimizer, TrainError,
    feed::{DeviceBatch, Feed},
    losses::Target,
    meter::{Fault, Figures, Meter},
    objective::Head,
    optimizers::check_learning_rate,
};

/// Samples run at once where nothing is trained. The result does not depend on it but for rounding.
pub(crate) const INFERENCE_BATCH: usize = 512;

/// Builds a network and readies it for training: Keras' `compile`.
pub trait Compile: Architecture {
    /// A network with fresh weights on `device`, with what is needed to train it. All that is random in it and in
    /// its training comes from `seed`.
    ///
    /// # Errors
    /// When the architecture or a hyper-parameter of the optimizer is not usable.
    fn compile(
        &self,
        device: &Device,
        seed: u64,
        optimizer: impl Into<Optimizer>,
        loss: Loss,
        metrics: impl Into<Vec<Metric>>,
    ) -> Result<Model<Self::Network>, TrainError> {
        let network = self.build(device, seed)?;
        Model::new(network, device, seed, optimizer, loss, metrics)
    }
}

impl<A: Architecture> Compile for A {}

/// A network that can be trained, evaluated and asked for predictions.
#[derive(Debug)]
pub struct Model<N: Network> {
    /// Always there but in the middle of a step, when the optimizer owns it so that it can update weights in place.
    network: Option<N>,
    optimizer: Updater,
    heads: Vec<Head>,
    device: Device,
    seed: u64,
    /// Training steps taken.
    step: u64,
    /// Epochs taken, over all calls of `fit`.
    epoch: usize,
}

struct Updater {
    module: ModuleOptimizer,
    learning_rate: f64,
}

impl std::fmt::Debug for Updater {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Updater").field("learning_rate", &self.learning_rate).finish_non_exhaustive()
    }
}

impl<N: Network> Model<N> {
    /// A network of one's own, its weights on `device`, readied for training. Every output has the same loss and metrics.
    ///
    /// # Errors
    /// When a hyper-parameter of the optimizer is not usable, or the network has no output.
    pub fn new(
        network: N,
        device: &Device,
        seed: u64,
        optimizer: impl Into<Optimizer>,
        loss: Loss,
        metrics: impl Into<Vec<Metric>>,
    ) -> Result<Self, TrainError> {
        let objective = Objective::new(loss).metrics(metrics);
        let objectives = vec![objective; network.outputs().len()];
        Self::with_objectives(network, device, seed, optimizer, objectives)
    }

    /// A network of one's own, with an objective for each of its outputs, in their order. Training minimises the sum of
    /// their losses, each times its weight.
    ///
    /// # Errors
    /// When a hyper-parameter of the optimizer or a weight is not usable, the network has no output, or there are not as
    /// many objectives as outputs.
    pub fn with_objectives(
        network: N,
        device: &Device,
        seed: u64,
        optimizer: impl Into<Optimizer>,
        objectives: impl Into<Vec<Objective>>,
    ) -> Result<Self, TrainError> {
        let settings = optimizer.into();
        let optimizer = Updater { module: settings.build()?, learning_rate: settings.learning_rate() };
        let (outputs, objectives) = (network.outputs(), objectives.into());
        if outputs.is_empty() {
            return Err(TrainError::Mismatch("the network has no output: give it at least one".into()));
        }
        if outputs.len() != objectives.len() {
            let names: Vec<&str> = outputs.iter().map(|output| output.name.as_str()).collect();
            return Err(TrainError::Mismatch(format!(
                "there are {} objectives, the network has {} outputs ({}): give one for each",
                objectives.len(),
                outputs.len(),
                names.join(", ")
            )));
        }
        let head = |(output, objective): (_, Objective)| Ok(Head { output, objective: objective.checked()? });
        let heads = outputs.into_iter().zip(objectives).map(head).collect::<Result<_, TrainError>>()?;
        let device = device.clone().without_autodiff();
        Ok(Self { network: Some(network.train()), optimizer, heads, device, seed, step: 0, epoch: 0 })
    }

    /// The network with its present weights.
    ///
    /// # Panics
    /// Never outside of a step.
    pub fn network(&self) -> &N {
        self.network.as_ref().expect("the network is away only within a step")
    }

    /// The device that it runs on.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The weights, read back from the device.
    ///
    /// # Errors
    /// When the device fails.
    pub fn weights(&self) -> Result<Weights, TrainError> {
        Ok(Weights::of(self.network())?)
    }

    /// Puts other weights in place of its own.
    ///
    /// # Errors
    /// When names or shapes differ; nothing is changed then.
    pub fn set_weights(&mut self, weights: &Weights) -> Result<(), TrainError> {
        self.network = Some(weights.load_into(self.network().clone())?);
        Ok(())
    }

    /// The size of the optimizer's steps.
    pub fn learning_rate(&self) -> f64 {
        self.optimizer.learning_rate
    }

    /// Changes the size of the optimizer's steps.
    ///
    /// # Errors
    /// When it is not above zero.
    pub fn set_learning_rate(&mut self, learning_rate: f64) -> Result<(), TrainError> {
        check_learning_rate(learning_rate)?;
        self.optimizer.learning_rate = learning_rate;
        Ok(())
    }

    /// One step of training on all of `samples` as one batch; the loss, penalties included, and metrics before it.
    ///
    /// # Errors
    /// When the samples do not fit the network, or the loss is not finite.
    pub fn train_on_batch(&mut self, samples: &Samples) -> Result<Logs, TrainError> {
        self.check(samples)?;
        let mut meter = Meter::new(&self.heads);
        let feed = Feed::once(samples, &self.device);
        let figures =
            self.train_step(feed.batch(&feed.order((0..samples.len()).collect()), 0, samples.len()));
        meter.add(figures).and_then(|()| meter.read()).map_err(|fault| fault.at("", self.epoch + 1))
    }

    /// The loss (without penalties) and metrics over all samples, with present weights.
    ///
    /// Keras adds weight penalties to the loss here too; this is the loss of the predictions alone.
    ///
    /// # Errors
    /// When the samples do not fit the network, or the loss is not finite.
    pub fn evaluate(&self, samples: &Samples) -> Result<Logs, TrainError> {
        self.check(samples)?;
        self.evaluate_checked(&Feed::once(samples, &self.device)).map_err(|fault| fault.at("", self.epoch))
    }

    /// Runs the network forward and back on a batch and updates its weights.
    pub(crate) fn train_step(&mut self, batch: DeviceBatch) -> Figures {
        let network = self.network.take().expect("the network is away only within a step");
        let outputs = network.forward(batch.inputs, Pass::Training { seed: self.seed, step: self.step });
        let (mut loss, sums) = self.measure(outputs, batch.targets, batch.len);
        if let Some(penalty) = network.penalty() {
            loss = loss + penalty;
        }
        let figures = Figures::new(batch.len, loss.clone().inner(), sums);
        // A network without weights has nothing to update.
        self.network = Some(match loss.is_tracked() {
            true => {
                let gradients = GradientsParams::from_grads(loss.backward(), &network);
                self.optimizer.module.step(self.optimizer.learning_rate, network, gradients)
            }
            false => network,
        });
        self.step += 1;
        figures
    }

    /// As [`evaluate`](Self::evaluate), for samples that have been checked.
    pub(crate) fn evaluate_checked(&self, feed: &Feed) -> Result<Logs, Fault> {
        let network = self.network().valid();
        let mut meter = Meter::new(&self.heads);
        let order = feed.order((0..feed.len()).collect());
        for start in (0..feed.len()).step_by(INFERENCE_BATCH) {
            let batch = feed.batch(&order, start, INFERENCE_BATCH);
            let outputs = network.forward(batch.inputs, Pass::Inference);
            let (loss, sums) = self.measure(outputs, batch.targets, batch.len);
            meter.add(Figures::new(batch.len, loss, sums))?;
        }
        meter.read()
    }

    /// Sees to it that no step on these samples can fail: shapes, classes, numbers of columns.
    pub(crate) fn check(&self, samples: &Samples) -> Result<(), TrainError> {
        self.check_inputs(samples)?;
        if samples.targets().len() != self.heads.len() {
            let (have, want) = (samples.targets().len(), self.heads.len());
            return Err(TrainError::Mismatch(format!(
                "the data has {have} targets, the network {want} outputs"
            )));
        }
        let mut pairs = self.heads.iter().zip(samples.targets());
        pairs.try_for_each(|(head, column)| head.check(samples, column))
    }

    /// Sees to it that the network can be run on these samples.
    pub(crate) fn check_inputs(&self, samples: &Samples) -> Result<(), TrainError> {
        if samples.is_empty() {
            return Err(TrainError::Mismatch("there are no samples: give at least one".into()));
        }
        let wanted = self.network().inputs();
        if wanted.len() != samples.inputs().len() {
            let (have, want) = (samples.inputs().len(), wanted.len());
            return Err(TrainError::Mismatch(format!(
                "the data has {have} inputs, the network takes {want}"
            )));
        }
        let mut pairs = wanted.iter().zip(samples.inputs());
        let checked = pairs.try_for_each(|(input, column)| input.check(samples, column));
        checked.map_err(|error| TrainError::Mismatch(error.to_string()))
    }

    /// The sum of the outputs' losses, each times its weight, and the sums over the batch's `len` samples of all that is
    /// reported beside it, in the order of [`Meter`]; each of shape `[1]`.
    fn measure(&self, outputs: Vec<Value>, targets: Vec<Target>, len: usize) -> (Tensor<1>, Vec<Tensor<1>>) {
        let (mut losses, mut sums) = (Vec::new(), Vec::new());
        for ((logits, target), head) in outputs.into_iter().zip(targets).zip(&self.heads) {
            let (loss, metrics) = head.measure(logits, target);
            if self.heads.len() > 1 {
                sums.push(loss.clone().inner().mul_scalar(len as f64));
            }
            let weight = head.objective.weight;
            losses.push(if weight == 1.0 { loss } else { loss.mul_scalar(weight) });
            sums.extend(metrics);
        }
        (Tensor::cat(losses, 0).sum(), sums)
    }

    pub(crate) fn heads(&self) -> &[Head] {
        &self.heads
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Epochs begun, over all calls of `fit`.
    pub(crate) fn epoch(&self) -> usize {
        self.epoch
    }

    /// Counts an epoch, and returns how many there were before it.
    pub(crate) fn begin_epoch(&mut self) -> usize {
        self.epoch += 1;
        self.epoch - 1
    }
}
