//! A sequence of kernels.

use std::sync::Arc;

use crate::kernel::{Backward, Forward, Input, Kernel};

/// A sequence of kernels, each of which takes the output of the previous one. Its weights are those of all kernels,
/// in order.
#[derive(Clone, Debug)]
pub struct Stack {
    layers: Vec<Layer>,
}

/// A kernel of a [`Stack`], and its number of weights.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The kernel.
    pub kernel: Arc<dyn Kernel>,
    /// Number of weights of the kernel.
    pub weights: usize,
}

impl Stack {
    /// Creates a stack.
    ///
    /// # Panics
    /// Panics if there are no layers.
    pub fn new(layers: Vec<Layer>) -> Self {
        assert!(!layers.is_empty(), "a stack needs at least one layer");
        Self { layers }
    }

    /// Returns the length of the largest output, except that of the last layer.
    fn largest(&self, batch: usize) -> usize {
        let (_, inner) = self.layers.split_last().expect("a stack has layers");
        batch * inner.iter().map(|layer| layer.kernel.outputs()).max().unwrap_or(0)
    }
}

impl Kernel for Stack {
    fn outputs(&self) -> usize {
        self.layers[self.layers.len() - 1].kernel.outputs()
    }

    fn outer_units(&self) -> Option<usize> {
        self.layers[0].kernel.outer_units()
    }

    fn takes_sparse(&self) -> bool {
        self.layers[0].kernel.takes_sparse()
    }

    /// The memory and the output of each layer, and in training two gradients with respect to outputs.
    fn memory(&self, batch: usize, training: bool) -> usize {
        let lengths = |layer: &Layer| layer.kernel.memory(batch, training) + batch * layer.kernel.outputs();
        let all: usize = self.layers.iter().map(lengths).sum();
        let gradients = if training { 2 * self.largest(batch) } else { 0 };
        all - batch * self.outputs() + gradients
    }

    fn forward(&self, call: Forward) {
        let Forward { batch, mut input, mut weights, output, mut memory, training } = call;
        let mut last = Some(output);
        for (index, layer) in self.layers.iter().enumerate() {
            let (of_layer, rest) = weights.split_at(layer.weights);
            let (own, after) = memory.split_at_mut(layer.kernel.memory(batch, training));
            let is_last = index + 1 == self.layers.len();
            let (output, after) = match last.take_if(|_| is_last) {
                Some(output) => (output, after),
                None => after.split_at_mut(batch * layer.kernel.outputs()),
            };
            layer.kernel.forward(Forward { batch, input, weights: of_layer, output, memory: own, training });
            (input, weights, memory) = (Input::Dense(output), rest, after);
        }
    }

    fn backward(&self, call: Backward) {
        let Backward {
            batch,
            output,
            output_gradient,
            mut input_gradient,
            mut weight_gradients,
            mut outer,
            ..
        } = call;
        let (mut memory, gradients) = call.memory.split_at_mut(call.memory.len() - 2 * self.largest(batch));
        let (mut of_output, mut of_input) = gradients.split_at_mut(self.largest(batch));
        // Split off from the front, used from the back.
        let mut parts = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let (own, rest) = memory.split_at_mut(layer.kernel.memory(batch, true));
            let inner = parts.len() + 1 < self.layers.len();
            let (output, rest) = rest.split_at_mut(if inner { batch * layer.kernel.outputs() } else { 0 });
            parts.push((own, &*output));
            memory = rest;
        }
        let mut weights = call.weights;
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let (own, own_output) = parts.pop().expect("there is a part for each layer");
            let is_last = index + 1 == self.layers.len();
            let output = if is_last { output } else { own_output };
            let (rest, of_layer) = weights.split_at(weights.len() - layer.weights);
            weights = rest;
            let input = match parts.last() {
                Some((_, output)) => Input::Dense(output),
                None => call.input,
            };
            let of_layer_weights = weight_gradients.split_off(weight_gradients.len() - layer.weights);
            // Below the last layer whose gradients are requested, nothing is computed.
            let ends =
                input_gradient.is_none() && outer.is_none() && weight_gradients.iter().all(Option::is_none);
            let inner = match input {
                Input::Dense(values) if index > 0 && !ends => Some(&mut of_input[..values.len()]),
                _ => None,
            };
            layer.kernel.backward(Backward {
                batch,
                input,
                weights: of_layer,
                output,
                memory: own,
                output_gradient: if is_last { &mut *output_gradient } else { &mut of_output[..output.len()] },
                input_gradient: if index == 0 { input_gradient.take() } else { inner },
                weight_gradients: of_layer_weights,
                outer: if index == 0 { outer.take() } else { None },
            });
            if ends {
                break;
            }
            std::mem::swap(&mut of_output, &mut of_input);
        }
    }
}
