//! The simple recurrent layer.

use super::{
    Sequence,
    sequence::{GROUP, Grouped, Wanted, split},
};
use crate::{
    cpu::{Matrix, add_product, run_all, transpose},
    kernel::{Backward, Forward, Kernel},
    kernels::{Activation, linear},
};

/// A simple recurrent layer, `state = activation(input · kernel + state · recurrent_kernel + bias)`. Its weights are
/// the kernel, `[features, units]`, the recurrent kernel, `[units, units]`, and the bias, `[units]`, if there is one.
#[derive(Clone, Debug)]
pub struct SimpleRnn {
    /// The shapes.
    pub sequence: Sequence,
    /// The activation of the state.
    pub activation: Activation,
}

impl SimpleRnn {
    /// Returns the lengths of the arrays. In group order: inputs; states after each step (later the gradients before
    /// their activation); states before each step. Then the states' gradients, `[batch, units]`, and the transposed
    /// recurrent kernel.
    fn lengths(&self, batch: usize, training: bool) -> [usize; 5] {
        let Sequence { steps, features, units, .. } = self.sequence;
        let rows = batch * steps;
        let [of_states, transposed] = if training { [batch * units, units * units] } else { [0; 2] };
        [rows * features, rows * units, rows * units, of_states, transposed]
    }
}

impl Kernel for SimpleRnn {
    fn outputs(&self) -> usize {
        self.sequence.outputs()
    }

    fn memory(&self, batch: usize, training: bool) -> usize {
        self.lengths(batch, training).iter().sum()
    }

    fn forward(&self, call: Forward) {
        let Forward { batch, input, weights, output, memory, training } = call;
        let Sequence { steps, units, .. } = self.sequence;
        let [inputs, after, before, ..] = split(memory, self.lengths(batch, training));
        self.sequence.to_groups(batch, input.dense(), inputs);
        linear::product(inputs, self.sequence.features, weights[0], weights.get(2).copied(), after);
        let size = GROUP * steps * units;
        let groups = after.chunks_mut(size).zip(before.chunks_mut(size));
        let tasks = groups.zip(output.chunks_mut(GROUP * self.sequence.outputs()));
        run_all(tasks, batch * steps * units * units, |((after, before), output)| {
            let size = before.len() / steps;
            before[..size].fill(0.0);
            for step in 0..steps {
                let (state, next) = before[step * size..].split_at_mut(size);
                let after = &mut after[step * size..][..size];
                add_product(after, [size / units, units, units], Matrix::rows(state, units), weights[1]);
                self.activation.apply(after);
                if step + 1 < steps {
                    next[..size].copy_from_slice(after);
                }
                self.sequence.write_output(step, after, output);
            }
        });
    }

    fn backward(&self, call: Backward) {
        let Backward { batch, weights, memory, output_gradient, input_gradient, weight_gradients, .. } = call;
        let Sequence { steps, units, .. } = self.sequence;
        let [inputs, after, before, of_states, transposed] = split(memory, self.lengths(batch, true));
        transpose(weights[1], units, transposed);
        let transposed = &*transposed;
        let groups = after.chunks_mut(GROUP * steps * units).zip(of_states.chunks_mut(GROUP * units));
        let tasks = groups.zip(output_gradient.chunks(GROUP * self.sequence.outputs()));
        run_all(tasks, batch * steps * units * units, |((after, of_states), of_outputs)| {
            let size = of_states.len();
            of_states.fill(0.0);
            for (step, after) in after.chunks_exact_mut(size).enumerate().rev() {
                self.sequence.add_output_gradient(step, of_outputs, of_states);
                self.activation.differentiate(after, of_states);
                after.copy_from_slice(of_states);
                of_states.fill(0.0);
                if step > 0 {
                    add_product(
                        of_states,
                        [size / units, units, units],
                        Matrix::rows(after, units),
                        transposed,
                    );
                }
            }
        });
        let grouped = Grouped { inputs, before, of_products: after, of_recurrent: after };
        let wanted = Wanted { batch, weight_gradients, input_gradient };
        self.sequence.write_gradients(grouped, weights[0], wanted);
    }
}
