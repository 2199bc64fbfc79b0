//! Weight penalties have Keras' values and gradients.

mod common;

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::{Gradients, Tensor, TensorData},
};
use common::{Fresh, assert_close, data, with_weights};
use kindling_models::{
    Network, Regularizer, Sequential, Weights,
    activations::{Linear, Relu},
    layers::Dense,
};

/// `sum(|w|)` is 6.5, `sum(w²)` 14.25.
const KERNEL: [f32; 5] = [1.0, -2.0, 0.5, -3.0, 0.0];

fn penalized(regularizer: Regularizer) -> Sequential {
    Sequential::new(5).layer(Dense::new(1).kernel_regularizer(regularizer))
}

fn penalty(regularizer: Regularizer) -> Option<f32> {
    let weights: [(&str, &[f32], &[usize]); 2] =
        [("dense.kernel", &KERNEL, &[5, 1]), ("dense.bias", &[100.0], &[1])];
    with_weights(&penalized(regularizer), &weights).penalty().map(|penalty| penalty.into_scalar())
}

#[test]
fn the_kernel_is_penalized_and_the_bias_is_not() {
    assert_close(&[penalty(Regularizer::l1(0.01)).unwrap()], &[0.065], 1e-8);
    assert_close(&[penalty(Regularizer::l2(0.01)).unwrap()], &[0.1425], 1e-8);
    assert_close(&[penalty(Regularizer::l1_l2(0.01, 0.1)).unwrap()], &[0.065 + 1.425], 1e-6);
}

#[test]
fn a_regularizer_without_factors_has_no_penalty() {
    assert_eq!(penalty(Regularizer::default()), None);
    assert_eq!(penalty(Regularizer::l1_l2(0.0, 0.0)), None);
    let without = Sequential::new(3).dense(4, Relu).dropout(0.5).flatten().activation(Relu);
    assert!(without.fresh(0).unwrap().penalty().is_none());
}

#[test]
fn penalties_of_several_layers_are_added() {
    let layer = |units, regularizer| Dense::new(units).kernel_regularizer(regularizer);
    let stack = Sequential::new(1)
        .layer(layer(2, Regularizer::l1(0.5)))
        .dense(2, Linear)
        .layer(layer(1, Regularizer::l2(0.25)));
    let network = with_weights(
        &stack,
        &[
            ("dense.kernel", &[1.0, -3.0], &[1, 2]),
            ("dense.bias", &[9.0, 9.0], &[2]),
            ("dense_1.kernel", &[7.0; 4], &[2, 2]),
            ("dense_1.bias", &[9.0, 9.0], &[2]),
            ("dense_2.kernel", &[2.0, -4.0], &[2, 1]),
            ("dense_2.bias", &[9.0], &[1]),
        ],
    );
    // 0.5 * (1 + 3) + 0.25 * (4 + 16)
    assert_eq!(network.penalty().unwrap().into_data(), data(&[7.0], &[1]));
}

/// Collects the gradient of each weight, if it has one.
struct Found {
    gradients: Gradients,
    of: Vec<Option<TensorData>>,
}

impl ModuleVisitor for Found {
    fn visit_float<const D: usize>(&mut self, weight: &Param<Tensor<D>>) {
        self.of.push(weight.val().grad(&self.gradients).map(Tensor::into_data));
    }
}

/// `l1 * sign(w) + 2 * l2 * w`, where the sign of 0 is 1, as in JAX.
#[test]
fn the_gradient_of_a_penalty_points_away_from_zero() {
    let stack = penalized(Regularizer::l1_l2(0.5, 0.25));
    let weights = Weights::from_tensors(vec![
        ("dense.kernel".into(), data(&KERNEL, &[5, 1])),
        ("dense.bias".into(), data(&[1.0], &[1])),
    ]);
    let network = weights.load_into(stack.fresh(0).unwrap().train()).unwrap();
    let mut found = Found { gradients: network.penalty().unwrap().backward(), of: Vec::new() };
    network.visit(&mut found);
    let [Some(kernel), None] = &found.of[..] else { panic!("only the kernel has a gradient") };
    assert_close(kernel.as_slice::<f32>().unwrap(), &[1.0, -1.5, 0.75, -2.0, 0.5], 1e-7);
}
