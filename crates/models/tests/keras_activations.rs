//! Activations have Keras' values and gradients.

mod common;

use std::f32::consts::{E, LN_2};

use common::{Fresh, assert_close, numbers, run, value};
use kindling_models::{Part, Pass, Sequential, Value, activations::Activation};
use serde_json::json;

/// `keras.activations.*([[-2, -0.5, 0, 1, 3]])`, on JAX.
#[test]
fn activations_have_keras_values() {
    for (name, expected) in [
        ("linear", [-2.0, -0.5, 0.0, 1.0, 3.0]),
        ("relu", [0.0, 0.0, 0.0, 1.0, 3.0]),
        ("elu", [-0.86466473, -0.39346933, 0.0, 1.0, 3.0]),
        ("tanh", [-0.9640276, -0.46211717, 0.0, 0.7615942, 0.9950547]),
        ("sigmoid", [0.11920292, 0.37754068, 0.5, 0.7310586, 0.95257413]),
        ("softmax", [0.005513608, 0.024710277, 0.040740356, 0.110743776, 0.81829196]),
        ("leaky_relu", [-0.4, -0.1, 0.0, 1.0, 3.0]),
        ("selu", [-1.520167, -0.691758, 0.0, 1.050701, 3.152103]),
        ("gelu", [-0.0455, -0.154269, 0.0, 0.841345, 2.99595]),
        ("silu", [-0.238406, -0.18877, 0.0, 0.731059, 2.857722]),
        ("hard_sigmoid", [0.166667, 0.416667, 0.5, 0.666667, 1.0]),
        ("softplus", [0.126928, 0.474077, LN_2, 1.313262, 3.048587]),
        ("softsign", [-0.666667, -0.333333, 0.0, 0.5, 0.75]),
        ("exponential", [0.135335, 0.606531, 1.0, E, 20.085537]),
    ] {
        let activation = activation(name);
        assert_eq!(activation.name(), name);
        let input = || value(&[-2.0, -0.5, 0.0, 1.0, 3.0], &[1, 5]);
        let output = activation.apply(input());
        assert_close(&numbers(output), &expected, 2e-6);
        // With a layer after it, the activation is not the last one, and may be part of a kernel.
        let network = Sequential::new(5).activation(activation).flatten().fresh(0).unwrap();
        assert_close(&run(&network, input(), &Pass::inference()), &expected, 2e-6);
    }
}

fn activation(name: &str) -> Part<dyn Activation> {
    serde_json::from_value(json!({"class_name": name, "config": null})).unwrap()
}

/// `jax.grad(keras.activations.*)` at -100, -20, 0, 20 and 100.
#[test]
fn activations_have_keras_gradients_far_from_zero() {
    for (name, expected) in [
        ("elu", [0.0, 0.0, 1.0, 1.0, 1.0]),
        ("selu", [0.0, 0.0, 1.7580993, 1.050701, 1.050701]),
        ("gelu", [0.0, 0.0, 0.5, 1.0, 1.0]),
        ("silu", [0.0, -3.9162e-8, 0.5, 1.0, 1.0]),
        ("softplus", [0.0, 2.0612e-9, 0.5, 1.0, 1.0]),
    ] {
        let Value::Rank2(x) = value(&[-100.0, -20.0, 0.0, 20.0, 100.0], &[1, 5]).autodiff() else {
            panic!("rank 2")
        };
        let x = x.require_grad();
        let output = activation(name).apply(Value::Rank2(x.clone())).tensor::<2>().unwrap();
        let gradient: Vec<f32> =
            x.grad(&output.sum().backward()).unwrap().into_data().try_into_vec().unwrap();
        assert_close(&gradient, &expected, 1e-6);
    }
}
