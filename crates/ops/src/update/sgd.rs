//! The update rule of gradient descent.

use super::{Rule, Slices};
use crate::cpu::vectorized;

/// The update rule of gradient descent: `w -= learning_rate * g`, and with momentum `m = momentum * m - learning_rate
/// * g`, `w += m`.
#[derive(Clone, Copy, Debug)]
pub struct Sgd {
    /// Momentum: the fraction of the previous update that is added to the next one.
    pub momentum: f64,
    /// Whether to use Nesterov momentum.
    pub nesterov: bool,
}

impl Rule for Sgd {
    fn names(&self) -> Vec<&'static str> {
        if self.momentum == 0.0 { Vec::new() } else { vec!["momentum"] }
    }

    fn step(&self, learning_rate: f64, _number: u64, slices: Slices) {
        let Slices { weight, kept, gradient } = slices;
        let (rate, share) = (learning_rate as f32, self.momentum as f32);
        match kept {
            [] => plain(weight, gradient, rate),
            [momentum, ..] if self.nesterov => nesterov(weight, momentum, gradient, rate, share),
            [momentum, ..] => with_momentum(weight, momentum, gradient, rate, share),
        }
    }

    fn rests(&self) -> bool {
        self.momentum == 0.0
    }
}

vectorized! {
    fn plain(weight: &mut [f32], gradient: &[f32], rate: f32) {
        weight.iter_mut().zip(gradient).for_each(|(weight, gradient)| *weight -= gradient * rate);
    }

    fn with_momentum(weight: &mut [f32], momentum: &mut [f32], gradient: &[f32], rate: f32, share: f32) {
        for ((weight, momentum), gradient) in weight.iter_mut().zip(momentum).zip(gradient) {
            *momentum = *momentum * share - gradient * rate;
            *weight += *momentum;
        }
    }

    fn nesterov(weight: &mut [f32], momentum: &mut [f32], gradient: &[f32], rate: f32, share: f32) {
        for ((weight, momentum), gradient) in weight.iter_mut().zip(momentum).zip(gradient) {
            let step = gradient * rate;
            *momentum = *momentum * share - step;
            *weight += *momentum * share - step;
        }
    }
}
