//! The operations of a network: multiplications and additions of its matrix products, as if all inputs were dense.

use std::collections::HashMap;

use kindling::{
    models::{SequentialNetwork, Weights},
    prelude::*,
};

/// Floating-point operations for each sample.
pub struct Arithmetic {
    forward: f64,
    training: f64,
}

impl Arithmetic {
    /// Counts the products with kernels. Biases, activations, pooling, look-ups and the optimizer are left out.
    ///
    /// Training needs the gradient of each kernel, and that of its input unless this is the network's own input.
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
            // A kernel of a convolution is applied at each place of the output, others at each step of the input.
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

    /// Operations of an epoch with its validation.
    pub fn epoch(&self, trained: usize, validated: usize) -> f64 {
        self.training * trained as f64 + self.forward * validated as f64
    }
}
