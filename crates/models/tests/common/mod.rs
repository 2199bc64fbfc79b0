//! What the tests of this crate share.

#![allow(dead_code, reason = "each test takes what it needs")]

use burn::tensor::{Device, TensorData};
use kindling_models::{
    Activation::{self, Elu, Linear, Relu, Sigmoid, Softmax, Tanh},
    Architecture, DenseConfig, LayerConfig, Network, Pass, Sequential, SequentialNetwork, Value, Weights,
};
use proptest::prelude::*;

pub const PASSES: [Pass; 2] = [Pass::Training { seed: 3, step: 5 }, Pass::Inference];

/// `f32` data of any shape.
pub fn data(values: &[f32], shape: &[usize]) -> TensorData {
    TensorData::new(values.to_vec(), shape.to_vec())
}

/// A batch of the given shape, first axis `batch`.
pub fn value(values: &[f32], shape: &[usize]) -> Value {
    Value::from_data(data(values, shape), &Device::flex())
}

/// A batch of small numbers, all different.
pub fn counting(shape: &[usize]) -> Value {
    let values: Vec<f32> = (0..shape.iter().product()).map(|i| i as f32 * 0.1 - 1.0).collect();
    value(&values, shape)
}

/// `network` with these weights, given as name, values and shape.
pub fn with_weights(network: &Sequential, weights: &[(&str, &[f32], &[usize])]) -> SequentialNetwork {
    let named = weights.iter().map(|(name, values, shape)| ((*name).to_owned(), data(values, shape)));
    let weights = Weights::from_tensors(named.collect());
    weights.load_into(network.build(&Device::flex(), 0).unwrap()).unwrap()
}

/// The first output of a network for one input, before its last activation.
pub fn run(network: &impl Network, input: Value, pass: Pass) -> Vec<f32> {
    numbers(network.forward(vec![kindling_models::Input::Numbers(input)], pass).swap_remove(0))
}

/// The numbers that a batch holds, row by row.
pub fn numbers(value: Value) -> Vec<f32> {
    value.flatten().into_data().try_into_vec().unwrap()
}

#[track_caller]
pub fn assert_close(given: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(given.len(), expected.len());
    let close = |(given, expected): (&f32, &f32)| (given - expected).abs() <= tolerance;
    assert!(given.iter().zip(expected).all(close), "{given:?} is not {expected:?}");
}

fn activations() -> impl Strategy<Value = Activation> {
    prop_oneof![Just(Linear), Just(Relu), Just(Elu), Just(Tanh), Just(Sigmoid), Just(Softmax)]
}

fn layers() -> impl Strategy<Value = LayerConfig> {
    prop_oneof![
        3 => (1_usize..5, activations(), any::<bool>()).prop_map(|(units, activation, bias)| {
            DenseConfig::new(units).with_activation(activation).with_use_bias(bias).into()
        }),
        1 => (0.0..0.99).prop_map(|rate| LayerConfig::Dropout { rate }),
        1 => Just(LayerConfig::Flatten),
        1 => activations().prop_map(|function| LayerConfig::Activation { function }),
    ]
}

/// Any stack of up to six small layers for inputs of one to three axes.
pub fn stacks() -> impl Strategy<Value = Sequential> {
    let shapes = prop::collection::vec(1_usize..4, 1..=3);
    (shapes, prop::collection::vec(layers(), 1..6))
        .prop_map(|(shape, layers)| layers.into_iter().fold(Sequential::new(shape), Sequential::layer))
}
