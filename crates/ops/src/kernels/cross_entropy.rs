//! Cross-entropy losses of logits.

use crate::{
    cpu::{sigmoid, vectorized},
    kernel::{Backward, Forward, Kernel},
    kernels::softmax::softmax,
};

/// The cross-entropy of the softmax of each row with its target.
#[derive(Clone, Debug)]
pub struct SoftmaxCrossEntropy {
    /// The targets of the batch.
    pub targets: Classes,
    /// Number of classes: the length of a row.
    pub units: usize,
}

/// The targets of a classification.
#[derive(Clone, Debug)]
pub enum Classes {
    /// The class of each row. The loss is `log(sum(e^x)) - x[class]`.
    One(Vec<i32>),
    /// The probability of each class in each row. The loss is `sum(target * (log(sum(e^x)) - x))`.
    Shares(Vec<f32>),
}

impl Kernel for SoftmaxCrossEntropy {
    fn outputs(&self) -> usize {
        1
    }

    /// The predicted probabilities.
    fn memory(&self, batch: usize, _training: bool) -> usize {
        batch * self.units
    }

    fn forward(&self, call: Forward) {
        let rows = call.input.dense().chunks_exact(self.units).zip(call.memory.chunks_exact_mut(self.units));
        for (index, (loss, (row, shares))) in call.output.iter_mut().zip(rows).enumerate() {
            let logarithm = softmax(row, shares);
            *loss = match &self.targets {
                Classes::One(classes) => {
                    logarithm - row.get(classes[index] as usize).copied().unwrap_or(f32::NAN)
                }
                Classes::Shares(targets) => {
                    let targets = &targets[index * self.units..][..self.units];
                    targets.iter().zip(row).map(|(target, x)| target * (logarithm - x)).sum()
                }
            };
        }
    }

    fn backward(&self, call: Backward) {
        let Some(gradient) = call.input_gradient else { return };
        let rows = gradient.chunks_exact_mut(self.units).zip(call.memory.chunks_exact(self.units));
        for (index, ((gradient, shares), of_loss)) in rows.zip(&*call.output_gradient).enumerate() {
            match &self.targets {
                Classes::One(classes) => {
                    gradient.iter_mut().zip(shares).for_each(|(gradient, share)| *gradient = share * of_loss);
                    if let Some(gradient) = gradient.get_mut(classes[index] as usize) {
                        *gradient -= of_loss;
                    }
                }
                Classes::Shares(targets) => {
                    let targets = &targets[index * self.units..][..self.units];
                    let total: f32 = targets.iter().sum();
                    for ((gradient, share), target) in gradient.iter_mut().zip(shares).zip(targets) {
                        *gradient = (share * total - target) * of_loss;
                    }
                }
            }
        }
    }
}

vectorized! {
    /// Writes `(sigmoid(x) - target) * gradient of the loss`.
    fn sigmoid_gradients(x: &[f32], targets: &[f32], of_loss: &[f32], gradients: &mut [f32]) {
        let values = x.iter().zip(targets).zip(of_loss).zip(gradients);
        values.for_each(|(((x, target), of_loss), gradient)| *gradient = (sigmoid(*x) - target) * of_loss);
    }
}

/// The binary cross-entropy of the sigmoid of each value with a target from 0 to 1: `max(x, 0) - x * target + log(1 +
/// e^-|x|)`.
#[derive(Clone, Debug)]
pub struct SigmoidCrossEntropy {
    /// The target of each value of the batch.
    pub targets: Vec<f32>,
    /// Number of values per sample.
    pub units: usize,
}

impl Kernel for SigmoidCrossEntropy {
    fn outputs(&self) -> usize {
        self.units
    }

    fn forward(&self, call: Forward) {
        for ((loss, x), target) in call.output.iter_mut().zip(call.input.dense()).zip(&self.targets) {
            // Not `max(x, 0) - x * target`, which loses digits for targets near 1.
            *loss = x * (f32::from(u8::from(*x >= 0.0)) - target) + (-x.abs()).exp().ln_1p();
        }
    }

    fn backward(&self, call: Backward) {
        let Some(gradient) = call.input_gradient else { return };
        sigmoid_gradients(call.input.dense(), &self.targets, call.output_gradient, gradient);
    }
}
