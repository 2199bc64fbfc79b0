//! Counts the floating-point operations of a network's matrix multiplications, with all inputs counted as dense.

use std::collections::HashMap;

use kindling::{
    models::{SequentialNetwork, Weights},
    prelude::*,
};

/// Floating-point operations per sample.
pub struct Arithmetic {
    forward: f64,
    training: f64,
}

impl Arithmetic {
    /// Counts the matrix multiplications with kernels. Biases, activations, pooling, lookups and the optimizer are not counted.
    ///
    /// Training also computes the gradients of each kernel and of its input, except for the network's input.
    pub fn of(network: &SequentialNetwork) -> anyhow::Result<Self> {
        let mut input = network.inputs().swap_remove(0).shape;
        let mut shapes: HashMap<&str, (Vec<usize>, &[usize])> = HashMap::new();
        let mut first = None;
        for (name, output) in network.layer_shapes() {
            first.get_or_insert(name);
            shapes.insert(name, (std::mem::replace(&mut input, output.to_vec()), output));
        }
        let mut counted = Self { forward: 0.0, training: 0.0 };
        for (name, kernel) in Weights::of(network)?.iter() {
            let Some((layer, part)) = name.rsplit_once('.').filter(|(_, part)| part.ends_with("kernel"))
            else {
                continue;
            };
            let Some((input, output)) = shapes.get(layer) else { continue };
            // A convolution kernel is applied at each output position, any other kernel at each time step of the input.
            let places = match kernel.shape().len() {
                2 => input.split_last().map_or(1, |(_, steps)| steps.iter().product()),
                _ => output.split_last().map_or(1, |(_, places)| places.iter().product::<usize>()),
            };
            let product = 2.0 * kernel.num_elements() as f64 * places as f64;
            let gets_samples = first == Some(layer) && part == "kernel";
            counted.forward += product;
            counted.training += product * if gets_samples { 2.0 } else { 3.0 };
        }
        Ok(counted)
    }

    /// Returns the operations of an epoch, including validation.
    pub fn epoch(&self, trained: usize, validated: usize) -> f64 {
        self.training * trained as f64 + self.forward * validated as f64
    }
}
