//! Helpers for the tests of this crate.

#![allow(dead_code, reason = "no test uses all helpers")]

use burn::tensor::{Device, TensorData};
use kindling_models::{
    Init, IntoPart, ModelError, Network, Part, Pass, Sequential, SequentialNetwork, Value, Weights,
    activations::{Activation, Elu, Linear, Relu, Sigmoid, Softmax, Tanh},
    layers::{self, Dense, Dropout, Flatten, Layer},
};
use proptest::prelude::*;

/// Returns the pass of a training step, and that of inference.
pub fn passes() -> [Pass; 2] {
    [Pass::training(3, 5), Pass::inference()]
}

pub trait Fresh {
    /// Builds the network on the CPU with initial weights from `seed`.
    fn fresh(&self, seed: u64) -> Result<SequentialNetwork, ModelError>;

    /// Returns the message of the error that building returns.
    fn refusal(&self) -> String {
        self.fresh(0).map(|_| ()).unwrap_err().to_string()
    }
}

impl Fresh for Sequential {
    fn fresh(&self, seed: u64) -> Result<SequentialNetwork, ModelError> {
        Init::build(&Device::flex(), seed, |init| self.build(init))
    }
}

/// Returns `f32` data of any shape.
pub fn data(values: &[f32], shape: &[usize]) -> TensorData {
    TensorData::new(values.to_vec(), shape.to_vec())
}

/// Returns a batch of this shape, whose first axis is the batch.
pub fn value(values: &[f32], shape: &[usize]) -> Value {
    Value::from_data(data(values, shape), &Device::flex()).unwrap()
}

/// Returns a batch of small numbers that all differ.
pub fn counting(shape: &[usize]) -> Value {
    let values: Vec<f32> = (0..shape.iter().product()).map(|i| i as f32 * 0.1 - 1.0).collect();
    value(&values, shape)
}

/// Returns `network` with these weights, given as name, values and shape.
pub fn with_weights(network: &Sequential, weights: &[(&str, &[f32], &[usize])]) -> SequentialNetwork {
    let named = weights.iter().map(|(name, values, shape)| ((*name).to_owned(), data(values, shape)));
    let weights = Weights::from_tensors(named.collect());
    weights.load_into(network.fresh(0).unwrap()).unwrap()
}

/// Returns the first output of a network for one input, before its last activation.
pub fn run(network: &impl Network, input: Value, pass: &Pass) -> Vec<f32> {
    numbers(network.forward(vec![input], pass).unwrap().swap_remove(0))
}

/// Returns the values of a batch, row by row.
pub fn numbers(value: Value) -> Vec<f32> {
    value.flatten().into_data().try_into_vec().unwrap()
}

#[track_caller]
pub fn assert_close(given: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(given.len(), expected.len());
    let close = |(given, expected): (&f32, &f32)| (given - expected).abs() <= tolerance;
    assert!(given.iter().zip(expected).all(close), "{given:?} is not {expected:?}");
}

/// Returns the activations that the generated stacks use.
pub fn activations() -> [Part<dyn Activation>; 6] {
    [
        Linear.into_part(),
        Relu.into_part(),
        Elu.into_part(),
        Tanh.into_part(),
        Sigmoid.into_part(),
        Softmax.into_part(),
    ]
}

fn activation() -> impl Strategy<Value = Part<dyn Activation>> {
    (0_usize..6).prop_map(|index| activations()[index].clone())
}

fn layer() -> impl Strategy<Value = Part<dyn Layer>> {
    prop_oneof![
        3 => (1_usize..5, activation(), any::<bool>()).prop_map(|(units, activation, bias)| {
            Dense::new(units).activation(activation).use_bias(bias).into_part()
        }),
        1 => (0.0..0.99).prop_map(|rate| Dropout::new(rate).into_part()),
        1 => Just(Flatten {}.into_part()),
        1 => activation().prop_map(|activation| layers::Activation::new(activation).into_part()),
    ]
}

/// Generates stacks of up to six small layers for inputs of one to three axes.
pub fn stacks() -> impl Strategy<Value = Sequential> {
    let shapes = prop::collection::vec(1_usize..4, 1..=3);
    (shapes, prop::collection::vec(layer(), 1..6))
        .prop_map(|(shape, layers)| layers.into_iter().fold(Sequential::new(shape), Sequential::layer))
}
