//! The recurrent layer LSTM.

use super::{
    Sequence,
    sequence::{GROUP, Grouped, Wanted, split},
};
use crate::{
    cpu::{Matrix, add, add_product, run_all, transpose, vectorized},
    kernel::{Backward, Forward, Kernel},
    kernels::{Activation, linear},
};

/// A long short-term memory. Its weights are the kernel, `[features, 4 * units]`, the recurrent kernel, `[units, 4 *
/// units]`, and the bias, `[4 * units]`, if there is one. The columns are those of the input gate, the forget gate,
/// the candidate and the output gate.
#[derive(Clone, Debug)]
pub struct Lstm {
    /// The shapes.
    pub sequence: Sequence,
    /// The activation of the candidate and the output.
    pub activation: Activation,
    /// The activation of the gates.
    pub gate: Activation,
}

/// The arrays of all steps, in group order.
struct Arrays<'a> {
    /// `[rows, features]`.
    inputs: &'a mut [f32],
    /// The gates and the candidate after their activations, later the gradients before them, `[rows, 4 * units]`.
    gates: &'a mut [f32],
    /// The state before each step, the cell state after it, and the activated cell state, `[rows, units]` each.
    before: &'a mut [f32],
    cells: &'a mut [f32],
    activated: &'a mut [f32],
    /// The states after the last step, later their gradients, and the gradients of the cell states, `[batch, units]`
    /// each; and the transposed recurrent kernel.
    of_states: &'a mut [f32],
    of_cells: &'a mut [f32],
    transposed: &'a mut [f32],
}

impl Lstm {
    fn lengths(&self, batch: usize, training: bool) -> [usize; 8] {
        let Sequence { steps, features, units, .. } = self.sequence;
        let rows = batch * steps;
        let [of_cells, transposed] = if training { [batch * units, 4 * units * units] } else { [0; 2] };
        let states = rows * units;
        [rows * features, rows * 4 * units, states, states, states, batch * units, of_cells, transposed]
    }

    fn arrays<'a>(&self, batch: usize, training: bool, memory: &'a mut [f32]) -> Arrays<'a> {
        let [inputs, gates, before, cells, activated, of_states, of_cells, transposed] =
            split(memory, self.lengths(batch, training));
        Arrays { inputs, gates, before, cells, activated, of_states, of_cells, transposed }
    }

    fn operations(&self, batch: usize) -> usize {
        let Sequence { steps, units, .. } = self.sequence;
        batch * steps * 4 * units * units
    }

    /// Runs all steps of a group of samples.
    fn run_group(
        &self,
        [gates, before, cells, activated, last]: [&mut [f32]; 5],
        outputs: &mut [f32],
        recurrent_kernel: &[f32],
    ) {
        let Sequence { units, steps, .. } = self.sequence;
        let size = before.len() / steps;
        let rows = size / units;
        before[..size].fill(0.0);
        for step in 0..steps {
            let gates = &mut gates[step * 4 * size..][..4 * size];
            let (state, next) = before[step * size..].split_at_mut(size);
            add_product(gates, [rows, 4 * units, units], Matrix::rows(state, units), recurrent_kernel);
            for gates in gates.chunks_exact_mut(4 * units) {
                self.gate.apply(&mut gates[..2 * units]);
                self.activation.apply(&mut gates[2 * units..3 * units]);
                self.gate.apply(&mut gates[3 * units..]);
            }
            let (last_cells, cells) = cells.split_at_mut(step * size);
            let cells = &mut cells[..size];
            match last_cells.len().checked_sub(size) {
                Some(last) => next_cells(gates, &last_cells[last..], cells, units),
                None => first_cells(gates, cells, units),
            }
            let activated = &mut activated[step * size..][..size];
            activated.copy_from_slice(cells);
            self.activation.apply(activated);
            let next = if step + 1 < steps { &mut next[..size] } else { &mut *last };
            next_states(gates, activated, next, units);
            self.sequence.write_output(step, next, outputs);
        }
    }

    /// Runs all steps of a group of samples backward. Leaves the gradients before the activations in `gates`.
    fn run_group_back(
        &self,
        [gates, of_states, of_cells]: [&mut [f32]; 3],
        [cells, activated]: [&[f32]; 2],
        of_outputs: &[f32],
        transposed: &[f32],
    ) {
        let units = self.sequence.units;
        let size = of_states.len();
        of_states.fill(0.0);
        of_cells.fill(0.0);
        let zeros = vec![0.0; size];
        let (mut gradients, mut of_activated) = (vec![0.0; 4 * size], vec![0.0; size]);
        for (step, gates) in gates.chunks_exact_mut(4 * size).enumerate().rev() {
            self.sequence.add_output_gradient(step, of_outputs, of_states);
            let activated = &activated[step * size..][..size];
            let last_cells = if step == 0 { &zeros } else { &cells[(step - 1) * size..][..size] };
            activated_gradients(of_states, gates, &mut of_activated, units);
            self.activation.differentiate(activated, &mut of_activated);
            add(of_cells, &of_activated);
            gate_gradients(&mut gradients, gates, [of_states, of_cells, activated, last_cells], units);
            for (gradients, gates) in gradients.chunks_exact_mut(4 * units).zip(gates.chunks_exact(4 * units))
            {
                self.gate.differentiate(&gates[..2 * units], &mut gradients[..2 * units]);
                self.activation
                    .differentiate(&gates[2 * units..3 * units], &mut gradients[2 * units..3 * units]);
                self.gate.differentiate(&gates[3 * units..], &mut gradients[3 * units..]);
            }
            forget(of_cells, gates, units);
            gates.copy_from_slice(&gradients);
            of_states.fill(0.0);
            if step > 0 {
                add_product(
                    of_states,
                    [size / units, units, 4 * units],
                    Matrix::rows(gates, 4 * units),
                    transposed,
                );
            }
        }
    }
}

#[inline(always)]
fn multiply(product: &mut [f32], left: &[f32], right: &[f32]) {
    product
        .iter_mut()
        .zip(left.iter().zip(right))
        .for_each(|(product, (left, right))| *product = left * right);
}

vectorized! {
    /// Computes `cell = forget * cell + input * candidate`.
    fn next_cells(gates: &[f32], last_cells: &[f32], cells: &mut [f32], units: usize) {
        let rows = gates.chunks_exact(4 * units).zip(last_cells.chunks_exact(units));
        for ((gates, last), cells) in rows.zip(cells.chunks_exact_mut(units)) {
            let (input, gates) = gates.split_at(units);
            let (forget, gates) = gates.split_at(units);
            for ((cell, last), ((input, forget), candidate)) in
                cells.iter_mut().zip(last).zip(input.iter().zip(forget).zip(gates))
            {
                *cell = forget * last + input * candidate;
            }
        }
    }

    /// Computes `cell = input * candidate`.
    fn first_cells(gates: &[f32], cells: &mut [f32], units: usize) {
        for (gates, cells) in gates.chunks_exact(4 * units).zip(cells.chunks_exact_mut(units)) {
            multiply(cells, &gates[..units], &gates[2 * units..3 * units]);
        }
    }

    /// Computes `state = output * activation(cell)`.
    fn next_states(gates: &[f32], activated: &[f32], states: &mut [f32], units: usize) {
        let rows = gates.chunks_exact(4 * units).zip(activated.chunks_exact(units));
        for ((gates, activated), states) in rows.zip(states.chunks_exact_mut(units)) {
            multiply(states, &gates[3 * units..], activated);
        }
    }

    /// Writes the gradients with respect to the activated cell states.
    fn activated_gradients(of_states: &[f32], gates: &[f32], of_activated: &mut [f32], units: usize) {
        let rows = gates.chunks_exact(4 * units).zip(of_states.chunks_exact(units));
        for ((gates, of_state), of_activated) in rows.zip(of_activated.chunks_exact_mut(units)) {
            multiply(of_activated, of_state, &gates[3 * units..]);
        }
    }

    /// Writes the gradients with respect to the gates and the candidates after their activations. The arrays are the
    /// gradients of the states and of the cell states, the activated cell states, and the cell states of the previous
    /// step.
    fn gate_gradients(gradients: &mut [f32], gates: &[f32], arrays: [&[f32]; 4], units: usize) {
        let rows = gradients.chunks_exact_mut(4 * units).zip(gates.chunks_exact(4 * units));
        for (row, (gradients, gates)) in rows.enumerate() {
            let [of_state, of_cell, activated, last_cell] = arrays.map(|array| &array[row * units..][..units]);
            let (of_input, rest) = gradients.split_at_mut(units);
            let (of_forget, rest) = rest.split_at_mut(units);
            let (of_candidate, of_output) = rest.split_at_mut(units);
            multiply(of_input, of_cell, &gates[2 * units..3 * units]);
            multiply(of_forget, of_cell, last_cell);
            multiply(of_candidate, of_cell, &gates[..units]);
            multiply(of_output, of_state, activated);
        }
    }

    /// Computes the gradients with respect to the cell states of the previous step.
    fn forget(of_cells: &mut [f32], gates: &[f32], units: usize) {
        for (of_cells, gates) in of_cells.chunks_exact_mut(units).zip(gates.chunks_exact(4 * units)) {
            of_cells.iter_mut().zip(&gates[units..2 * units]).for_each(|(cell, forget)| *cell *= forget);
        }
    }
}

impl Kernel for Lstm {
    fn outputs(&self) -> usize {
        self.sequence.outputs()
    }

    fn memory(&self, batch: usize, training: bool) -> usize {
        self.lengths(batch, training).iter().sum()
    }

    fn forward(&self, call: Forward) {
        let Forward { batch, input, weights, output, memory, training } = call;
        let Sequence { steps, units, .. } = self.sequence;
        let Arrays { inputs, gates, before, cells, activated, of_states, .. } =
            self.arrays(batch, training, memory);
        self.sequence.to_groups(batch, input.dense(), inputs);
        linear::product(inputs, self.sequence.features, weights[0], weights.get(2).copied(), gates);
        let size = GROUP * steps * units;
        let tasks = gates
            .chunks_mut(4 * size)
            .zip(before.chunks_mut(size))
            .zip(cells.chunks_mut(size).zip(activated.chunks_mut(size)))
            .zip(of_states.chunks_mut(GROUP * units).zip(output.chunks_mut(GROUP * self.sequence.outputs())));
        run_all(tasks, self.operations(batch), |(((gates, before), (cells, activated)), (last, output))| {
            self.run_group([gates, before, cells, activated, last], output, weights[1]);
        });
    }

    fn backward(&self, call: Backward) {
        let Backward { batch, weights, memory, output_gradient, input_gradient, weight_gradients, .. } = call;
        let Sequence { steps, units, .. } = self.sequence;
        let Arrays { inputs, gates, before, cells, activated, of_states, of_cells, transposed } =
            self.arrays(batch, true, memory);
        transpose(weights[1], 4 * units, transposed);
        let (size, transposed) = (GROUP * steps * units, &*transposed);
        let tasks = gates
            .chunks_mut(4 * size)
            .zip(of_states.chunks_mut(GROUP * units).zip(of_cells.chunks_mut(GROUP * units)))
            .zip(cells.chunks(size).zip(activated.chunks(size)))
            .zip(output_gradient.chunks(GROUP * self.sequence.outputs()));
        run_all(tasks, self.operations(batch), |(((gates, of_states), arrays), of_outputs)| {
            self.run_group_back(
                [gates, of_states.0, of_states.1],
                [arrays.0, arrays.1],
                of_outputs,
                transposed,
            );
        });
        let grouped = Grouped { inputs, before, of_products: gates, of_recurrent: gates };
        let wanted = Wanted { batch, weight_gradients, input_gradient };
        self.sequence.write_gradients(grouped, weights[0], wanted);
    }
}
