//! Gradients of layers equal finite differences.

mod common;

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    tensor::{Gradients, Tensor, TensorData},
};
use common::{Fresh, value};
use kindling_models::{
    Network, Pass, Sequential, SequentialNetwork, Value,
    layers::{Conv2d, Lstm, Padding},
};

/// Adds a number to one of a network's weights, given its index among all of them.
struct Nudge {
    place: usize,
    by: f32,
}

impl ModuleMapper for Nudge {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let count = param.shape().num_elements();
        let (place, by) = (self.place, self.by);
        self.place = place.wrapping_sub(count);
        if place >= count {
            return param;
        }
        param.map(|tensor| {
            let mut values: Vec<f32> = tensor.to_data().try_into_vec().unwrap();
            values[place] += by;
            Tensor::from_data(TensorData::new(values, tensor.shape()), &tensor.device())
        })
    }
}

/// Collects the gradients of all weights.
struct Slopes<'a> {
    gradients: &'a Gradients,
    slopes: Vec<f32>,
}

impl ModuleVisitor for Slopes<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.slopes.extend(param.val().grad(self.gradients).unwrap().into_data().iter::<f32>());
    }
}

/// Returns the sum of the squares of a network's outputs.
fn energy(network: &SequentialNetwork, input: Value) -> Tensor<1> {
    network.forward(vec![input], &Pass::inference()).unwrap().swap_remove(0).flatten().square().sum()
}

#[test]
fn gradients_equal_finite_differences() {
    let convolution = |strides, padding| {
        let layer = Conv2d::new(2, [2, 3]).strides(strides).padding(padding);
        Sequential::new([4, 5, 2]).layer(layer)
    };
    for stack in [
        Sequential::new([4, 3]).layer(Lstm::new(2).return_sequences(true)),
        Sequential::new([4, 3]).lstm(2),
        convolution([1, 1], Padding::Valid),
        convolution([1, 1], Padding::Same),
        convolution([2, 2], Padding::Same),
        convolution([2, 1], Padding::Same).max_pooling2d([2, 2]),
    ] {
        let network = stack.fresh(4).unwrap().train();
        let shape = [&[2], network.inputs().swap_remove(0).shape.as_slice()].concat();
        let input: Vec<f32> = (0..shape.iter().product()).map(|i| (i as f32 * 0.7).sin()).collect();
        let gradients = energy(&network, value(&input, &shape)).backward();
        let mut slopes = Slopes { gradients: &gradients, slopes: Vec::new() };
        network.visit(&mut slopes);
        for (place, slope) in slopes.slopes.into_iter().enumerate() {
            let at = |by| -> f32 {
                let nudged = network.valid().map(&mut Nudge { place, by });
                energy(&nudged, value(&input, &shape)).into_scalar()
            };
            let measured = (at(1e-2) - at(-1e-2)) / 2e-2;
            assert!(
                (slope - measured).abs() <= 0.01 * measured.abs().max(1.0),
                "{slope}, {measured}: {stack:?}"
            );
        }
    }
}
