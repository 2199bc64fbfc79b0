//! The shapes of recurrent layers and the order of their arrays.

use crate::{cpu::sum_of_rows, kernels::linear};

/// Number of samples in a group. Smaller groups have small products, larger ones leave threads without work.
pub(super) const GROUP: usize = 16;

/// The shapes of a recurrent layer, and the order of its steps.
#[derive(Clone, Copy, Debug)]
pub struct Sequence {
    /// Number of steps per sample.
    pub steps: usize,
    /// Number of features per step.
    pub features: usize,
    /// Number of units: the length of the state.
    pub units: usize,
    /// Whether the output holds the state after every step instead of the last one only.
    pub return_sequences: bool,
    /// Whether the steps are processed in reverse order. With `return_sequences`, the outputs are in reverse order
    /// too.
    pub go_backwards: bool,
}

impl Sequence {
    /// Returns the number of output values per sample.
    pub(super) fn outputs(&self) -> usize {
        if self.return_sequences { self.steps * self.units } else { self.units }
    }

    /// Calls `each` with the index of every row of the samples, `[batch, steps, width]`, in group order, and its
    /// index in group order.
    pub(super) fn for_each_row(&self, batch: usize, mut each: impl FnMut(usize, usize)) {
        let mut index = 0;
        for start in (0..batch).step_by(GROUP) {
            for step in 0..self.steps {
                let step = if self.go_backwards { self.steps - 1 - step } else { step };
                for sample in start..batch.min(start + GROUP) {
                    each(index, sample * self.steps + step);
                    index += 1;
                }
            }
        }
    }

    /// Writes the samples in group order.
    pub(super) fn to_groups(self, batch: usize, samples: &[f32], grouped: &mut [f32]) {
        let width = self.features;
        self.for_each_row(batch, |index, row| {
            grouped[index * width..][..width].copy_from_slice(&samples[row * width..][..width]);
        });
    }

    /// Writes `grouped` in the order of the samples.
    pub(super) fn to_samples(self, batch: usize, grouped: &[f32], samples: &mut [f32]) {
        let width = self.features;
        self.for_each_row(batch, |index, row| {
            samples[row * width..][..width].copy_from_slice(&grouped[index * width..][..width]);
        });
    }

    /// Writes a group's states after step `step` to the outputs.
    pub(super) fn write_output(&self, step: usize, states: &[f32], outputs: &mut [f32]) {
        if !self.return_sequences && step + 1 < self.steps {
            return;
        }
        let place = if self.return_sequences { step * self.units } else { 0 };
        for (state, output) in states.chunks_exact(self.units).zip(outputs.chunks_exact_mut(self.outputs())) {
            output[place..][..self.units].copy_from_slice(state);
        }
    }

    /// Adds the gradients with respect to the outputs of step `step` to the gradients of a group's states.
    pub(super) fn add_output_gradient(&self, step: usize, of_outputs: &[f32], of_states: &mut [f32]) {
        if !self.return_sequences && step + 1 < self.steps {
            return;
        }
        let place = if self.return_sequences { step * self.units } else { 0 };
        for (gradient, output) in
            of_states.chunks_exact_mut(self.units).zip(of_outputs.chunks_exact(self.outputs()))
        {
            let output = &output[place..][..self.units];
            gradient.iter_mut().zip(output).for_each(|(gradient, output)| *gradient += output);
        }
    }

    /// Writes the gradients of the weights and the input, given the gradients of the products with the kernel and
    /// with the recurrent kernel, all in group order. Both products share a bias, or each has its own.
    pub(super) fn write_gradients(&self, grouped: Grouped, kernel: &[f32], call: Wanted) {
        let Grouped { inputs, before, of_products, of_recurrent } = grouped;
        let mut weight_gradients = call.weight_gradients.into_iter();
        let [of_kernel, of_recurrent_kernel, of_bias] =
            std::array::from_fn(|_| weight_gradients.next().flatten());
        if let Some(gradient) = of_kernel {
            linear::kernel_gradient(inputs, self.features, of_products, gradient);
        }
        if let Some(gradient) = of_recurrent_kernel {
            linear::kernel_gradient(before, self.units, of_recurrent, gradient);
        }
        if let Some(gradient) = of_bias {
            let columns = kernel.len() / self.features.max(1);
            let biases = gradient.chunks_mut(columns).zip([of_products, of_recurrent]);
            biases.for_each(|(of_bias, of_products)| sum_of_rows(of_products, of_bias));
        }
        if let Some(gradient) = call.input_gradient {
            linear::input_gradient(of_products, kernel, self.features, inputs);
            self.to_samples(call.batch, inputs, gradient);
        }
    }
}

/// The arrays of all steps in group order, from which gradients are computed.
pub(super) struct Grouped<'a> {
    /// The inputs, `[rows, features]`, overwritten by their gradients.
    pub inputs: &'a mut [f32],
    /// The states before each step, `[rows, units]`.
    pub before: &'a [f32],
    /// The gradients of the products with the kernel, `[rows, columns]`.
    pub of_products: &'a [f32],
    /// The gradients of the products with the recurrent kernel, `[rows, columns]`.
    pub of_recurrent: &'a [f32],
}

/// The requested gradients.
pub(super) struct Wanted<'a> {
    pub batch: usize,
    pub weight_gradients: Vec<Option<&'a mut [f32]>>,
    pub input_gradient: Option<&'a mut [f32]>,
}

/// Splits memory into parts of these lengths.
pub(super) fn split<const N: usize>(mut memory: &mut [f32], lengths: [usize; N]) -> [&mut [f32]; N] {
    lengths.map(|length| {
        let (part, rest) = std::mem::take(&mut memory).split_at_mut(length);
        memory = rest;
        part
    })
}
