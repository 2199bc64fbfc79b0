//! Errors about faulty user-defined parts name the layer.

mod common;

use burn::{config::Config, module::Module};
use common::{Fresh, counting};
use kindling_models::{
    Init, ModelError, Network, Pass, Sequential, Value,
    activations::{Activation, Linear, Relu},
    initializers::Initializer,
    layers::{BoxedLayer, Dense, Layer, LayerModule},
};
use rand::rngs::ChaCha8Rng;

/// A layer that declares one shape and returns another.
#[derive(Config, Debug)]
struct Mistaken {
    declared: Vec<usize>,
}

#[derive(Module, Debug)]
struct MistakenModule {}

#[typetag::serde]
impl Layer for Mistaken {
    fn output_shape(&self, _input: &[usize]) -> Result<Vec<usize>, String> {
        Ok(self.declared.clone())
    }

    fn build(&self, _input: &[usize], _init: &mut Init) -> Result<BoxedLayer, ModelError> {
        Ok(MistakenModule {}.into())
    }
}

impl LayerModule for MistakenModule {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        Ok(input)
    }
}

/// An activation that sums the last axis, although activations must keep the shape.
#[derive(Config, Debug)]
struct Summed {}

#[typetag::serde]
impl Activation for Summed {
    fn apply(&self, x: Value) -> Value {
        Value::Rank2(x.rows().sum_dim(1))
    }
}

/// An initializer that returns a single value for any shape.
#[derive(Config, Debug)]
struct Single {}

#[typetag::serde]
impl Initializer for Single {
    fn values(&self, _shape: &[usize], _random: &mut ChaCha8Rng) -> Vec<f32> {
        vec![1.0]
    }
}

#[test]
fn a_layer_that_returns_an_undeclared_shape_is_an_error() {
    for (declared, expected) in [
        (
            vec![4],
            "layer mistaken: its output has shape [3] per sample, its output_shape() declares [4]: make them agree",
        ),
        (
            vec![3, 1],
            "layer mistaken: its output has shape [3] per sample, its output_shape() declares [3, 1]: make them \
             agree",
        ),
    ] {
        let network = Sequential::new(3).layer(Mistaken::new(declared)).fresh(0).unwrap();
        for pass in common::passes() {
            let error = network.forward(vec![counting(&[2, 3])], &pass).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}

#[test]
fn an_output_with_an_unsupported_number_of_axes_is_rejected() {
    for declared in [vec![], vec![1, 1, 1, 3], vec![1, 1, 1, 1, 3]] {
        let message = Sequential::new(3).layer(Mistaken::new(declared.clone())).refusal();
        let expected = format!("layer mistaken: its output shape is {declared:?}: 1 to 3 axes are supported");
        assert_eq!(message, expected);
    }
}

#[test]
fn an_activation_that_changes_the_shape_is_an_error() {
    let expected = "layer dense: its output has shape [1] per sample, its activation Summed must keep [2]: make \
                    them agree";
    let last = Sequential::new(3).dense(2, Summed::new());
    for stack in [last.clone(), last.dense(1, Linear)] {
        let error = stack.fresh(0).unwrap().call(counting(&[2, 3]), &Pass::inference()).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn an_initializer_that_returns_a_wrong_number_of_values_is_an_error() {
    let message = Sequential::new(3).layer(Dense::new(2).kernel_initializer(Single::new())).refusal();
    assert_eq!(message, "layer dense: initializer Single returned 1 values for shape [3, 2]: return 6");
}

#[test]
fn an_embedding_that_is_not_first_is_rejected() {
    let message = Sequential::new(3).dense(4, Relu).embedding(9, 2).refusal();
    assert_eq!(message, "layer embedding: it takes ids: make it the first layer");
}
