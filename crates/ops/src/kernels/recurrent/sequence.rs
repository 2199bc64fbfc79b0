//! What recurrent layers have in common: the shapes, and the order of their arrays.

use crate::cpu::{Matrix, matmul, vectorized};

/// Samples of a group. Too few make small products, too many leave threads without work.
pub(super) const GROUP: usize = 16;

/// The shapes of a recurrent layer, and the order of its steps.
#[derive(Clone, Copy, Debug)]
pub struct Sequence {
    /// Steps of a sample.
    pub steps: usize,
    /// Values of a step.
    pub features: usize,
    /// Values of the state.
    pub units: usize,
    /// Whether the output holds the state after every step, instead of the last one only.
    pub return_sequences: bool,
    /// Whether the last step is computed first. Outputs of all steps are in that order too.
    pub go_backwards: bool,
}

impl Sequence {
    /// Values of a sample's output.
    pub(super) fn outputs(&self) -> usize {
        if self.return_sequences { self.steps * self.units } else { self.units }
    }

    /// Calls `each` with every row of the samples, `[batch, steps, width]`, in the order of groups and their steps, and
    /// the index of the row there.
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

    /// Writes the samples in the order of groups.
    pub(super) fn to_groups(self, batch: usize, samples: &[f32], grouped: &mut [f32]) {
        let width = self.features;
        self.for_each_row(batch, |index, row| {
            grouped[index * width..][..width].copy_from_slice(&samples[row * width..][..width]);
        });
    }

    /// Writes `grouped` in the order of samples.
    pub(super) fn to_samples(self, batch: usize, grouped: &[f32], samples: &mut [f32]) {
        let width = self.features;
        self.for_each_row(batch, |index, row| {
            samples[row * width..][..width].copy_from_slice(&grouped[index * width..][..width]);
        });
    }

    /// Writes the state after step `step` of the samples of a group to their outputs.
    pub(super) fn write_output(&self, step: usize, states: &[f32], outputs: &mut [f32]) {
        if !self.return_sequences && step + 1 < self.steps {
            return;
        }
        let place = if self.return_sequences { step * self.units } else { 0 };
        for (state, output) in states.chunks_exact(self.units).zip(outputs.chunks_exact_mut(self.outputs())) {
            output[place..][..self.units].copy_from_slice(state);
        }
    }

    /// Adds the gradients with respect to the outputs of step `step` to those of a group's states.
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

    /// Writes `inputs · kernel + bias` for all steps, `[batch * steps, columns]`.
    pub(super) fn input_products(
        &self,
        inputs: &[f32],
        kernel: &[f32],
        bias: Option<&[f32]>,
        products: &mut [f32],
    ) {
        let columns = kernel.len() / self.features.max(1);
        let rows = products.len() / columns.max(1);
        if let Some(bias) = bias {
            products.chunks_exact_mut(columns).for_each(|row| row.copy_from_slice(bias));
        }
        let (inputs, kernel) = (Matrix::rows(inputs, self.features), Matrix::rows(kernel, columns));
        matmul(products, [rows, columns, self.features], inputs, kernel, bias.is_some());
    }

    /// Writes the gradients with respect to the inputs, `[batch * steps, features]`, from those of their products.
    pub(super) fn input_gradients(&self, of_products: &[f32], kernel: &[f32], of_inputs: &mut [f32]) {
        let columns = kernel.len() / self.features.max(1);
        let rows = of_products.len() / columns.max(1);
        let (of_products, kernel) = (Matrix::rows(of_products, columns), Matrix::transposed(kernel, columns));
        matmul(of_inputs, [rows, self.features, columns], of_products, kernel, false);
    }
}

/// Writes the gradient with respect to a kernel: `inputs`, `[rows, width]`, transposed, times `gradients`,
/// `[rows, columns]`.
pub(super) fn kernel_gradient(
    inputs: &[f32],
    width: usize,
    gradients: &[f32],
    columns: usize,
    kernel: &mut [f32],
) {
    let rows = gradients.len() / columns.max(1);
    let (inputs, gradients) = (Matrix::transposed(inputs, width), Matrix::rows(gradients, columns));
    matmul(kernel, [width, columns, rows], inputs, gradients, false);
}

vectorized! {
    /// Writes the sum of rows, each as long as `sum`.
    pub(super) fn sum_of_rows(rows: &[f32], sum: &mut [f32]) {
        sum.fill(0.0);
        for row in rows.chunks_exact(sum.len().max(1)) {
            sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
    }
}

/// Splits memory into parts of these lengths.
pub(super) fn split<const N: usize>(mut memory: &mut [f32], lengths: [usize; N]) -> [&mut [f32]; N] {
    lengths.map(|length| {
        let (part, rest) = std::mem::take(&mut memory).split_at_mut(length);
        memory = rest;
        part
    })
}
