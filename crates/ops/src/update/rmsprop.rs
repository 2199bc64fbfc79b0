//! The update rule of RMSprop.

use super::{Rows, Rule, Slices};
use crate::cpu::vectorized;

/// The update rule of RMSprop: `v = rho * v + (1 - rho) * g²`, `w -= learning_rate * g / sqrt(v + epsilon)`, with
/// Keras' options.
#[derive(Clone, Copy, Debug)]
pub struct RmsProp {
    /// Decay rate of the moving average.
    pub rho: f64,
    /// Momentum: the fraction of the previous update that is added to the next one.
    pub momentum: f64,
    /// Constant that is added under the root for numerical stability.
    pub epsilon: f64,
    /// Whether to divide by the variance instead of the mean square.
    pub centered: bool,
}

impl RmsProp {
    fn is_plain(&self) -> bool {
        self.momentum == 0.0 && !self.centered
    }
}

impl Rule for RmsProp {
    fn names(&self) -> Vec<&'static str> {
        let mut names = vec!["velocity"];
        names.extend((self.momentum > 0.0).then_some("momentum"));
        names.extend(self.centered.then_some("average_gradient"));
        names
    }

    fn step(&self, learning_rate: f64, _number: u64, slices: Slices) {
        let Slices { weight, kept, gradient } = slices;
        let [rate, rho, rest, epsilon, share] =
            [learning_rate, self.rho, 1.0 - self.rho, self.epsilon, self.momentum]
                .map(|number| number as f32);
        match (kept, self.centered) {
            ([velocity], _) => plain(weight, velocity, gradient, [rate, rho, rest, epsilon]),
            ([velocity, average], true) => {
                centered(velocity, average, gradient, rho, rest);
                for (index, weight) in weight.iter_mut().enumerate() {
                    let variance = velocity[index] - average[index] * average[index];
                    *weight -= gradient[index] * rate / (variance + epsilon).sqrt();
                }
            }
            ([velocity, momentum], _) => {
                running_squares(velocity, gradient, rho, rest);
                for (index, weight) in weight.iter_mut().enumerate() {
                    let step = gradient[index] * rate / (velocity[index] + epsilon).sqrt();
                    momentum[index] = momentum[index] * share + step;
                    *weight -= momentum[index];
                }
            }
            ([velocity, momentum, average], _) => {
                centered(velocity, average, gradient, rho, rest);
                for (index, weight) in weight.iter_mut().enumerate() {
                    let variance = velocity[index] - average[index] * average[index];
                    let step = gradient[index] * rate / (variance + epsilon).sqrt();
                    momentum[index] = momentum[index] * share + step;
                    *weight -= momentum[index];
                }
            }
            (kept, _) => unreachable!("{} arrays are kept, of 1 to 3", kept.len()),
        }
    }

    fn rests(&self) -> bool {
        self.is_plain()
    }

    fn rest(&self, steps: u64, kept: &mut [&mut [f32]]) {
        kept.iter_mut().for_each(|velocity| decay(velocity, steps, self.rho as f32));
    }

    fn step_rows(&self, learning_rate: f64, _number: u64, rows: Rows) {
        let numbers @ [_, rho, ..] =
            [learning_rate, self.rho, 1.0 - self.rho, self.epsilon].map(|number| number as f32);
        let Rows { weights, kept, gradients, size, missed } = rows;
        let parts = weights.iter_mut().zip(kept).zip(gradients.chunks_exact(size)).zip(missed);
        for (((weight, velocity), gradient), missed) in parts {
            if *missed > 0 {
                decay(velocity, *missed, rho);
            }
            plain(weight, velocity, &gradient[..weight.len()], numbers);
        }
    }
}

vectorized! {
    fn plain(weight: &mut [f32], velocity: &mut [f32], gradient: &[f32], numbers: [f32; 4]) {
        let [rate, rho, rest, epsilon] = numbers;
        for ((weight, velocity), gradient) in weight.iter_mut().zip(velocity).zip(gradient) {
            *velocity = *velocity * rho + gradient * gradient * rest;
            *weight -= gradient * rate / (*velocity + epsilon).sqrt();
        }
    }

    fn running_squares(velocity: &mut [f32], gradient: &[f32], rho: f32, rest: f32) {
        for (velocity, gradient) in velocity.iter_mut().zip(gradient) {
            *velocity = *velocity * rho + gradient * gradient * rest;
        }
    }

    fn centered(velocity: &mut [f32], average: &mut [f32], gradient: &[f32], rho: f32, rest: f32) {
        for ((velocity, average), gradient) in velocity.iter_mut().zip(average).zip(gradient) {
            *velocity = *velocity * rho + gradient * gradient * rest;
            *average = *average * rho + gradient * rest;
        }
    }

    /// Multiplies by `rho` once per deferred step: a single multiplication by its power would be rounded differently.
    fn decay(velocity: &mut [f32], steps: u64, rho: f32) {
        const PART: usize = 64;
        for part in velocity.chunks_mut(PART) {
            for _ in 0..steps {
                if part.iter().all(|value| *value == 0.0) {
                    break;
                }
                part.iter_mut().for_each(|value| *value *= rho);
            }
        }
    }
}
