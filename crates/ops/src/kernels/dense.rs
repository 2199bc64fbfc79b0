//! The fully connected layer: `activation(input · kernel + bias)`.

use super::{Activation, sparse_dense};
use crate::{
    cpu::{Matrix, matmul, vectorized},
    kernel::{Backward, Forward, Input, Kernel},
};

/// A fully connected layer on each row of a sample. Its weights are the kernel, `[inputs, units]`, and the bias,
/// `[units]`, if it has one.
#[derive(Clone, Debug)]
pub struct Dense {
    /// Rows of a sample: 1 for vectors, the steps of sequences.
    pub rows: usize,
    /// Values of a row.
    pub inputs: usize,
    /// Values of a row of the output.
    pub units: usize,
    /// The activation.
    pub activation: Activation,
}

impl Kernel for Dense {
    fn outputs(&self) -> usize {
        self.rows * self.units
    }

    fn outer_units(&self) -> Option<usize> {
        self.takes_sparse().then_some(self.units)
    }

    fn takes_sparse(&self) -> bool {
        self.rows == 1
    }

    fn memory(&self, batch: usize, _training: bool) -> usize {
        sparse_dense::memory(batch, self.units)
    }

    fn forward(&self, call: Forward) {
        let bias = call.weights.get(1).copied();
        match call.input {
            Input::Sparse(rows) => {
                sparse_dense::product(rows, call.weights[0], bias, call.output, call.memory)
            }
            input => {
                if let Some(bias) = bias {
                    call.output.chunks_exact_mut(self.units).for_each(|row| row.copy_from_slice(bias));
                }
                let shape = [call.batch * self.rows, self.units, self.inputs];
                let input = Matrix::rows(input.dense(), self.inputs);
                matmul(call.output, shape, input, Matrix::rows(call.weights[0], self.units), bias.is_some());
            }
        }
        self.activation.apply(call.output);
    }

    fn backward(&self, call: Backward) {
        let Backward { output_gradient, mut weight_gradients, .. } = call;
        let rows = call.batch * self.rows;
        self.activation.differentiate(call.output, output_gradient);
        if let Some(outer) = call.outer {
            outer.clear();
            outer.extend_from_slice(output_gradient);
        }
        if let Some(Some(gradient)) = weight_gradients.get_mut(1) {
            sum_of_rows(gradient, output_gradient);
        }
        if let Some(Some(gradient)) = weight_gradients.get_mut(0) {
            match call.input {
                Input::Sparse(input) => {
                    sparse_dense::kernel_gradient(input, output_gradient, gradient, call.memory)
                }
                input => {
                    let input = Matrix::transposed(input.dense(), self.inputs);
                    let of_output = Matrix::rows(output_gradient, self.units);
                    matmul(gradient, [self.inputs, self.units, rows], input, of_output, false);
                }
            }
        }
        if let Some(gradient) = call.input_gradient {
            let kernel = Matrix::transposed(call.weights[0], self.units);
            let of_output = Matrix::rows(output_gradient, self.units);
            matmul(gradient, [rows, self.inputs, self.units], of_output, kernel, false);
        }
    }
}

vectorized! {
    /// Writes the sum of `rows`, each as long as `sum`, to `sum`.
    fn sum_of_rows(sum: &mut [f32], rows: &[f32]) {
        sum.fill(0.0);
        for row in rows.chunks_exact(sum.len()) {
            sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
    }
}
