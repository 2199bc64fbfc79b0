//! The recurrent layer GRU.

use super::{
    Sequence,
    sequence::{GROUP, Grouped, Wanted, split},
};
use crate::{
    cpu::{Matrix, add_product, run_all, transpose, vectorized},
    kernel::{Backward, Forward, Kernel},
    kernels::{Activation, linear},
};

/// A gated recurrent unit whose reset gate is applied after the product with the recurrent kernel. Its weights are
/// the kernel, `[features, 3 * units]`, the recurrent kernel, `[units, 3 * units]`, and the biases of both products,
/// `[2, 3 * units]`, if there are any. The columns are those of the update gate, the reset gate and the candidate.
#[derive(Clone, Debug)]
pub struct Gru {
    /// The shapes.
    pub sequence: Sequence,
    /// The activation of the candidate.
    pub activation: Activation,
    /// The activation of the gates.
    pub gate: Activation,
}

impl Gru {
    /// Returns the lengths of the arrays. In group order: inputs; gates and candidates after their activations (later
    /// the gradients before them); the products with the recurrent kernel (later their gradients); the states before
    /// each step. Then the states (later their gradients), `[batch, units]`, and the transposed recurrent kernel.
    fn lengths(&self, batch: usize, training: bool) -> [usize; 6] {
        let Sequence { steps, features, units, .. } = self.sequence;
        let rows = batch * steps;
        let transposed = if training { 3 * units * units } else { 0 };
        [rows * features, rows * 3 * units, rows * 3 * units, rows * units, batch * units, transposed]
    }

    fn operations(&self, batch: usize) -> usize {
        let Sequence { steps, units, .. } = self.sequence;
        batch * steps * 3 * units * units
    }

    /// Runs all steps of a group of samples.
    fn run_group(
        &self,
        [gates, products, before, state]: [&mut [f32]; 4],
        outputs: &mut [f32],
        recurrent_kernel: &[f32],
        recurrent_bias: Option<&[f32]>,
    ) {
        let Sequence { units, steps, .. } = self.sequence;
        let size = before.len() / steps;
        state.fill(0.0);
        let arrays = gates.chunks_exact_mut(3 * size).zip(products.chunks_exact_mut(3 * size));
        for (step, ((gates, products), before)) in arrays.zip(before.chunks_exact_mut(size)).enumerate() {
            before.copy_from_slice(state);
            match recurrent_bias {
                Some(bias) => products.chunks_exact_mut(3 * units).for_each(|row| row.copy_from_slice(bias)),
                None => products.fill(0.0),
            }
            add_product(
                products,
                [size / units, 3 * units, units],
                Matrix::rows(before, units),
                recurrent_kernel,
            );
            add_gates(gates, products, units);
            for gates in gates.chunks_exact_mut(3 * units) {
                self.gate.apply(&mut gates[..2 * units]);
            }
            add_candidates(gates, products, units);
            for gates in gates.chunks_exact_mut(3 * units) {
                self.activation.apply(&mut gates[2 * units..]);
            }
            next_states(gates, state, units);
            self.sequence.write_output(step, state, outputs);
        }
    }

    /// Runs all steps of a group of samples backward. Leaves the gradients of the products with the kernel in
    /// `gates`, and those of the products with the recurrent kernel in `products`.
    fn run_group_back(
        &self,
        [gates, products, of_states]: [&mut [f32]; 3],
        before: &[f32],
        of_outputs: &[f32],
        transposed: &[f32],
    ) {
        let units = self.sequence.units;
        let size = of_states.len();
        of_states.fill(0.0);
        let mut gradients = vec![0.0; 3 * size];
        let arrays = gates.chunks_exact_mut(3 * size).zip(products.chunks_exact_mut(3 * size));
        for (step, (gates, products)) in arrays.enumerate().rev() {
            self.sequence.add_output_gradient(step, of_outputs, of_states);
            update_gradients(&mut gradients, gates, of_states, &before[step * size..][..size], units);
            let rows = gradients.chunks_exact_mut(3 * units).zip(gates.chunks_exact(3 * units));
            for ((gradients, gates), products) in rows.zip(products.chunks_exact(3 * units)) {
                self.gate.differentiate(&gates[..units], &mut gradients[..units]);
                self.activation.differentiate(&gates[2 * units..], &mut gradients[2 * units..]);
                let (of_update_and_reset, of_candidate) = gradients.split_at_mut(2 * units);
                let of_reset = &mut of_update_and_reset[units..];
                of_reset.copy_from_slice(of_candidate);
                scale(of_reset, &products[2 * units..]);
                self.gate.differentiate(&gates[units..2 * units], of_reset);
            }
            keep(of_states, gates, units);
            products.copy_from_slice(&gradients);
            reset_candidates(products, gates, units);
            gates.copy_from_slice(&gradients);
            if step > 0 {
                add_product(
                    of_states,
                    [size / units, units, 3 * units],
                    Matrix::rows(products, 3 * units),
                    transposed,
                );
            }
        }
    }
}

vectorized! {
    /// Adds the products to the update and reset gates before their activations.
    fn add_gates(gates: &mut [f32], products: &[f32], units: usize) {
        for (gates, products) in gates.chunks_exact_mut(3 * units).zip(products.chunks_exact(3 * units)) {
            gates[..2 * units].iter_mut().zip(products).for_each(|(gate, product)| *gate += product);
        }
    }

    /// Adds `reset * product` to the candidates before their activations.
    fn add_candidates(gates: &mut [f32], products: &[f32], units: usize) {
        for (gates, products) in gates.chunks_exact_mut(3 * units).zip(products.chunks_exact(3 * units)) {
            let (gates, candidates) = gates.split_at_mut(2 * units);
            let products = gates[units..].iter().zip(&products[2 * units..]);
            candidates.iter_mut().zip(products).for_each(|(candidate, (reset, product))| *candidate += reset * product);
        }
    }

    /// Computes `state = update * state + (1 - update) * candidate`.
    fn next_states(gates: &[f32], states: &mut [f32], units: usize) {
        for (gates, states) in gates.chunks_exact(3 * units).zip(states.chunks_exact_mut(units)) {
            let parts = gates[..units].iter().zip(&gates[2 * units..]);
            states.iter_mut().zip(parts).for_each(|(state, (update, candidate))| {
                *state = update * *state + (1.0 - update) * candidate;
            });
        }
    }

    /// Writes the gradients with respect to the update gates and the candidates after their activations.
    fn update_gradients(gradients: &mut [f32], gates: &[f32], of_states: &[f32], before: &[f32], units: usize) {
        let rows = gradients.chunks_exact_mut(3 * units).zip(gates.chunks_exact(3 * units));
        for (row, (gradients, gates)) in rows.enumerate() {
            let [of_states, before] = [of_states, before].map(|array| &array[row * units..][..units]);
            for unit in 0..units {
                let (update, candidate) = (gates[unit], gates[2 * units + unit]);
                gradients[unit] = of_states[unit] * (before[unit] - candidate);
                gradients[2 * units + unit] = of_states[unit] * (1.0 - update);
            }
        }
    }

    fn scale(values: &mut [f32], factors: &[f32]) {
        values.iter_mut().zip(factors).for_each(|(value, factor)| *value *= factor);
    }

    /// Multiplies the gradients of the states by the update gates: the part that bypasses the candidates.
    fn keep(of_states: &mut [f32], gates: &[f32], units: usize) {
        for (of_states, gates) in of_states.chunks_exact_mut(units).zip(gates.chunks_exact(3 * units)) {
            of_states.iter_mut().zip(gates).for_each(|(of_state, update)| *of_state *= update);
        }
    }

    /// Writes the gradients with respect to the candidates' products with the recurrent kernel.
    fn reset_candidates(products: &mut [f32], gates: &[f32], units: usize) {
        for (products, gates) in products.chunks_exact_mut(3 * units).zip(gates.chunks_exact(3 * units)) {
            let of_candidates = products[2 * units..].iter_mut().zip(&gates[units..2 * units]);
            of_candidates.for_each(|(of_candidate, reset)| *of_candidate *= reset);
        }
    }
}

impl Kernel for Gru {
    fn outputs(&self) -> usize {
        self.sequence.outputs()
    }

    fn memory(&self, batch: usize, training: bool) -> usize {
        self.lengths(batch, training).iter().sum()
    }

    fn forward(&self, call: Forward) {
        let Forward { batch, input, weights, output, memory, training } = call;
        let Sequence { steps, units, .. } = self.sequence;
        let [inputs, gates, products, before, of_states, _] = split(memory, self.lengths(batch, training));
        let biases = weights.get(2).map(|biases| biases.split_at(3 * units));
        self.sequence.to_groups(batch, input.dense(), inputs);
        linear::product(inputs, self.sequence.features, weights[0], biases.map(|biases| biases.0), gates);
        let size = GROUP * steps * units;
        let tasks = gates
            .chunks_mut(3 * size)
            .zip(products.chunks_mut(3 * size).zip(before.chunks_mut(size)))
            .zip(of_states.chunks_mut(GROUP * units).zip(output.chunks_mut(GROUP * self.sequence.outputs())));
        run_all(tasks, self.operations(batch), |((gates, (products, before)), (state, output))| {
            let biases = biases.map(|biases| biases.1);
            self.run_group([gates, products, before, state], output, weights[1], biases);
        });
    }

    fn backward(&self, call: Backward) {
        let Backward { batch, weights, memory, output_gradient, input_gradient, weight_gradients, .. } = call;
        let Sequence { steps, units, .. } = self.sequence;
        let [inputs, gates, products, before, of_states, transposed] =
            split(memory, self.lengths(batch, true));
        transpose(weights[1], 3 * units, transposed);
        let (size, transposed) = (GROUP * steps * units, &*transposed);
        let tasks = gates
            .chunks_mut(3 * size)
            .zip(products.chunks_mut(3 * size))
            .zip(of_states.chunks_mut(GROUP * units).zip(before.chunks(size)))
            .zip(output_gradient.chunks(GROUP * self.sequence.outputs()));
        run_all(tasks, self.operations(batch), |(((gates, products), (of_states, before)), of_outputs)| {
            self.run_group_back([gates, products, of_states], before, of_outputs, transposed);
        });
        let grouped = Grouped { inputs, before, of_products: gates, of_recurrent: products };
        let wanted = Wanted { batch, weight_gradients, input_gradient };
        self.sequence.write_gradients(grouped, weights[0], wanted);
    }
}
