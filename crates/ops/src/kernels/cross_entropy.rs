//! Losses on the values before a softmax or sigmoid.

use crate::{
    cpu::{sigmoid, vectorized},
    kernel::{Backward, Forward, Kernel},
    kernels::softmax::softmax,
};

/// The cross-entropy of each row's softmax with a class: `log(sum(e^x)) - x[class]`.
#[derive(Clone, Debug)]
pub struct SoftmaxCrossEntropy {
    /// The class of each row of the batch.
    pub classes: Vec<i32>,
    /// Values of a row.
    pub units: usize,
}

impl Kernel for SoftmaxCrossEntropy {
    fn outputs(&self) -> usize {
        1
    }

    /// The probabilities.
    fn memory(&self, batch: usize, _training: bool) -> usize {
        batch * self.units
    }

    fn forward(&self, call: Forward) {
        let rows = call.input.dense().chunks_exact(self.units).zip(call.memory.chunks_exact_mut(self.units));
        for ((loss, (row, shares)), class) in call.output.iter_mut().zip(rows).zip(&self.classes) {
            let logarithm = softmax(row, shares);
            *loss = logarithm - row.get(*class as usize).copied().unwrap_or(f32::NAN);
        }
    }

    fn backward(&self, call: Backward) {
        let Some(gradient) = call.input_gradient else { return };
        let rows = gradient.chunks_exact_mut(self.units).zip(call.memory.chunks_exact(self.units));
        for (((gradient, shares), class), of_loss) in rows.zip(&self.classes).zip(&*call.output_gradient) {
            gradient.iter_mut().zip(shares).for_each(|(gradient, share)| *gradient = share * of_loss);
            if let Some(gradient) = gradient.get_mut(*class as usize) {
                *gradient -= of_loss;
            }
        }
    }
}

vectorized! {
    /// `(sigmoid(x) - target) * gradient of the loss`.
    fn sigmoid_gradients(x: &[f32], targets: &[f32], of_loss: &[f32], gradients: &mut [f32]) {
        let values = x.iter().zip(targets).zip(of_loss).zip(gradients);
        values.for_each(|(((x, target), of_loss), gradient)| *gradient = (sigmoid(*x) - target) * of_loss);
    }
}

/// The cross-entropy of each value's sigmoid with a target from 0 to 1: `max(x, 0) - x * target + log(1 + e^-|x|)`.
#[derive(Clone, Debug)]
pub struct SigmoidCrossEntropy {
    /// The target of each value of the batch.
    pub targets: Vec<f32>,
    /// Values of a sample.
    pub units: usize,
}

impl Kernel for SigmoidCrossEntropy {
    fn outputs(&self) -> usize {
        self.units
    }

    fn forward(&self, call: Forward) {
        for ((loss, x), target) in call.output.iter_mut().zip(call.input.dense()).zip(&self.targets) {
            // Not `max(x, 0) - x * target`, which would lose digits for targets near 1.
            *loss = x * (f32::from(u8::from(*x >= 0.0)) - target) + (-x.abs()).exp().ln_1p();
        }
    }

    fn backward(&self, call: Backward) {
        let Some(gradient) = call.input_gradient else { return };
        sigmoid_gradients(call.input.dense(), &self.targets, call.output_gradient, gradient);
    }
}
