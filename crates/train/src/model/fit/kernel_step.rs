//! A training step without an autodiff graph.

use burn::{optim::GradientsParams, tensor::Tensor};
use kindling_data::Batch;
use kindling_models::{Network, Pass, Value};
use kindling_ops::{ForwardPass, Given};

use crate::{
    TrainError,
    losses::Target,
    model::{Model, evaluate::mean, meter::Figures, objective::output},
    optimizers::Gradients,
};

impl<N: Network> Model<N> {
    /// Runs the forward and backward pass on a batch with fused kernels and updates the weights. For a small batch,
    /// building an autodiff graph takes longer than the arithmetic. Returns `None` and changes nothing if a layer or
    /// the loss has no kernel, the optimizer cannot update weights independently, or there are several outputs.
    pub(super) fn kernel_step(&mut self, batch: &Batch<Value>) -> Result<Option<Figures>, TrainError> {
        if !self.without_graph {
            return Ok(None);
        }
        let figures = self.try_kernel_step(batch)?;
        self.without_graph = figures.is_some();
        Ok(figures)
    }

    fn try_kernel_step(&mut self, batch: &Batch<Value>) -> Result<Option<Figures>, TrainError> {
        let ([head], [input], [target]) = (&*self.heads, &*batch.inputs, &*batch.targets) else {
            return Ok(None);
        };
        let weights = batch.weights.first().and_then(Option::as_ref);
        let objective = &head.objective;
        if !self.updater.takes_kernels(self.network()) || !objective.loss.is_aligned() {
            return Ok(None);
        }
        let Some(network) = self.network().sequential() else { return Ok(None) };
        let Some((pass, value)) = network.kernel_pass(input, &Pass::training(self.seed, self.step))? else {
            return Ok(None);
        };
        let output = output(&head.output, value, batch.len)?;
        let target = Target::new(target.clone(), &output)?;
        let Some(kernel) = objective.loss.kernel(&output, &target) else { return Ok(None) };
        let (logits, width) = (output.logits(), kernel.outputs());
        let rows = logits.dims()[0];
        let given = Given::Dense(Box::new(logits.into()));
        let Some((loss_pass, losses)) = ForwardPass::run(kernel, given, Vec::new(), [rows, width]) else {
            return Ok(None);
        };
        let mut loss = mean(output.per_sample(losses), weights.cloned());
        if objective.weight != 1.0 {
            loss = loss.mul_scalar(objective.weight);
        }
        let sums = objective.sums(&output, &target)?;

        // The loss is the mean over samples of the mean over the values of each sample.
        let values = (rows * width / batch.len).max(1);
        let share = objective.weight as f32 / (rows * width) as f32;
        let mut of_losses = vec![share; rows * width];
        if let Some(weights) = weights {
            let weights = weights.clone().flatten().into_data();
            for (shares, weight) in of_losses.chunks_mut(values).zip(weights.iter::<f32>()) {
                shares.iter_mut().for_each(|share| *share *= weight);
            }
        }
        let of_output = loss_pass.backward(&mut of_losses, &[], true).input;
        let mut gradients = Gradients::default();
        if let Some(penalty) = self.network().penalty() {
            loss = loss + penalty;
            gradients.graph = gradients_of_penalty(self.network());
        }
        if let Some(mut of_output) = of_output {
            gradients.add_kernels(pass, &mut of_output);
        }
        let network = self.network.take().expect("the network is absent only during a training step");
        self.network = Some(self.updater.update(self.step, network, gradients));
        Ok(Some(Figures::new(batch.len, loss, sums)))
    }
}

fn gradients_of_penalty<N: Network>(network: &N) -> GradientsParams {
    let network = network.clone().train();
    match network.penalty().filter(Tensor::is_tracked) {
        Some(penalty) => GradientsParams::from_grads(penalty.backward(), &network),
        None => GradientsParams::default(),
    }
}
