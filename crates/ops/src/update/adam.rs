//! The update rule of Adam.

use super::{Rule, Slices};
use crate::cpu::vectorized;

/// The update rule of Adam: `m += (1 - beta_1) * (g - m)`, `v += (1 - beta_2) * (g² - v)`, `w -= learning_rate *
/// sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon)`.
#[derive(Clone, Copy, Debug)]
pub struct Adam {
    /// Exponential decay rate of the mean gradient.
    pub beta_1: f64,
    /// Exponential decay rate of the mean squared gradient.
    pub beta_2: f64,
    /// Constant that is added to the divisor for numerical stability.
    pub epsilon: f64,
    /// Whether to divide by the maximum of all mean squares so far instead of the current one.
    pub amsgrad: bool,
}

impl Rule for Adam {
    fn names(&self) -> Vec<&'static str> {
        let mut names = vec!["momentum", "velocity"];
        names.extend(self.amsgrad.then_some("largest_velocity"));
        names
    }

    fn step(&self, learning_rate: f64, number: u64, slices: Slices) {
        let Slices { weight, kept, gradient } = slices;
        // In f32, as in Keras: 1 - 0.999 differs from 0.001 by a relative 5e-5 there.
        let remaining = |beta: f64| 1.0 - (beta as f32).powf(number as f32);
        let rate = learning_rate as f32 * remaining(self.beta_2).sqrt() / remaining(self.beta_1);
        let shares = [1.0 - self.beta_1, 1.0 - self.beta_2, self.epsilon].map(|number| number as f32);
        match kept {
            [momentum, velocity] => plain(weight, momentum, velocity, gradient, rate, shares),
            [momentum, velocity, largest] => {
                amsgrad(weight, [momentum, velocity, largest], gradient, rate, shares);
            }
            kept => unreachable!("{} arrays are kept, of 2 or 3", kept.len()),
        }
    }
}

vectorized! {
    fn plain(
        weight: &mut [f32],
        momentum: &mut [f32],
        velocity: &mut [f32],
        gradient: &[f32],
        rate: f32,
        shares: [f32; 3],
    ) {
        let [of_gradient, of_square, epsilon] = shares;
        for (((weight, momentum), velocity), gradient) in
            weight.iter_mut().zip(momentum).zip(velocity).zip(gradient)
        {
            *momentum += (gradient - *momentum) * of_gradient;
            *velocity += (gradient * gradient - *velocity) * of_square;
            *weight -= *momentum * rate / (velocity.sqrt() + epsilon);
        }
    }

    fn amsgrad(
        weight: &mut [f32],
        kept: [&mut [f32]; 3],
        gradient: &[f32],
        rate: f32,
        shares: [f32; 3],
    ) {
        let [of_gradient, of_square, epsilon] = shares;
        let [momentum, velocity, largest] = kept;
        for ((((weight, momentum), velocity), largest), gradient) in
            weight.iter_mut().zip(momentum).zip(velocity).zip(largest).zip(gradient)
        {
            *momentum += (gradient - *momentum) * of_gradient;
            *velocity += (gradient * gradient - *velocity) * of_square;
            *largest = if *velocity > *largest { *velocity } else { *largest };
            *weight -= *momentum * rate / (largest.sqrt() + epsilon);
        }
    }
}
