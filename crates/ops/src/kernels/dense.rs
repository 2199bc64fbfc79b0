//! The fully connected layer: `activation(input · kernel + bias)`.

use super::{Activation, linear, sparse_dense};
use crate::{
    cpu::sum_of_rows,
    kernel::{Backward, Forward, Input, Kernel},
};

/// A fully connected layer, applied to each row of a sample. Its weights are the kernel, `[inputs, units]`, and the
/// bias, `[units]`, if there is one.
#[derive(Clone, Debug)]
pub struct Dense {
    /// Number of rows per sample: 1 for vectors, the number of steps for sequences.
    pub rows: usize,
    /// Number of input values per row.
    pub inputs: usize,
    /// Number of output values per row.
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

    fn forward(&self, call: Forward) {
        let bias = call.weights.get(1).copied();
        match call.input {
            Input::Sparse(rows) => {
                sparse_dense::product(rows, call.weights[0], bias, self.activation, call.output);
            }
            input => {
                linear::product(input.dense(), self.inputs, call.weights[0], bias, call.output);
                self.activation.apply(call.output);
            }
        }
    }

    fn backward(&self, call: Backward) {
        let Backward { output_gradient, mut weight_gradients, .. } = call;
        self.activation.differentiate(call.output, output_gradient);
        if let (Some(outer), Input::Sparse(input)) = (call.outer, call.input) {
            *outer = sparse_dense::outer(input, output_gradient);
        }
        if let Some(Some(gradient)) = weight_gradients.get_mut(1) {
            sum_of_rows(output_gradient, gradient);
        }
        if let Some(Some(gradient)) = weight_gradients.get_mut(0) {
            match call.input {
                Input::Sparse(input) => sparse_dense::kernel_gradient(input, output_gradient, gradient),
                input => linear::kernel_gradient(input.dense(), self.inputs, output_gradient, gradient),
            }
        }
        if let Some(gradient) = call.input_gradient {
            linear::input_gradient(output_gradient, call.weights[0], self.inputs, gradient);
        }
    }
}
