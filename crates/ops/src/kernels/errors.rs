//! Absolute and squared errors.

use crate::{
    cpu::vectorized,
    kernel::{Backward, Forward, Kernel},
};

/// The absolute or squared error of each value.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The error function.
    pub of: Power,
    /// The target of each value of the batch.
    pub targets: Vec<f32>,
    /// Number of values per row.
    pub units: usize,
}

/// The error function of a [`Difference`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// The absolute value of the difference.
    Absolute,
    /// The square of the difference.
    Square,
}

impl Kernel for Difference {
    fn outputs(&self) -> usize {
        self.units
    }

    fn forward(&self, call: Forward) {
        match self.of {
            Power::Absolute => absolute(call.input.dense(), &self.targets, call.output),
            Power::Square => squares(call.input.dense(), &self.targets, call.output),
        }
    }

    fn backward(&self, call: Backward) {
        let Some(gradient) = call.input_gradient else { return };
        match self.of {
            Power::Absolute => {
                absolute_gradients(call.input.dense(), &self.targets, call.output_gradient, gradient);
            }
            Power::Square => {
                square_gradients(call.input.dense(), &self.targets, call.output_gradient, gradient)
            }
        }
    }
}

vectorized! {
    fn absolute(x: &[f32], targets: &[f32], losses: &mut [f32]) {
        let values = x.iter().zip(targets).zip(losses);
        values.for_each(|((x, target), loss)| *loss = (x - target).abs());
    }

    fn squares(x: &[f32], targets: &[f32], losses: &mut [f32]) {
        let values = x.iter().zip(targets).zip(losses);
        values.for_each(|((x, target), loss)| *loss = (x - target) * (x - target));
    }

    /// Writes the sign of the difference, and -1 where the difference is 0, as in Keras on JAX.
    fn absolute_gradients(x: &[f32], targets: &[f32], of_loss: &[f32], gradients: &mut [f32]) {
        let values = x.iter().zip(targets).zip(of_loss).zip(gradients);
        values.for_each(|(((x, target), of_loss), gradient)| {
            *gradient = if x > target { *of_loss } else { -of_loss };
        });
    }

    fn square_gradients(x: &[f32], targets: &[f32], of_loss: &[f32], gradients: &mut [f32]) {
        let values = x.iter().zip(targets).zip(of_loss).zip(gradients);
        values.for_each(|(((x, target), of_loss), gradient)| *gradient = 2.0 * (x - target) * of_loss);
    }
}
