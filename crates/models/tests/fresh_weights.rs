//! Initial weights have Keras' default distributions and depend on a single seed.

mod common;

use common::{Fresh, stacks};
use kindling_models::{
    Sequential, Weights,
    activations::{Linear, Relu},
};
use proptest::prelude::*;

fn fresh(stack: &Sequential, seed: u64) -> Weights {
    Weights::of(&stack.fresh(seed).unwrap()).unwrap()
}

fn values(weights: &Weights, wanted: &str) -> Vec<f32> {
    let (_, data) = weights.iter().find(|(name, _)| *name == wanted).unwrap();
    data.as_slice::<f32>().unwrap().to_vec()
}

#[test]
fn layers_of_equal_shape_have_different_initial_weights() {
    let weights = fresh(&Sequential::new(8).dense(8, Relu).dense(8, Relu), 0);
    assert_ne!(values(&weights, "dense.kernel"), values(&weights, "dense_1.kernel"));
}

#[test]
fn each_seed_gives_different_weights() {
    let stack = Sequential::new(8).dense(4, Relu);
    let kernels = [0, 1, 2, u64::MAX].map(|seed| values(&fresh(&stack, seed), "dense.kernel"));
    assert!((0..4).all(|i| (0..i).all(|j| kernels[i] != kernels[j])));
}

#[test]
fn the_activation_does_not_change_the_weights() {
    let plain = fresh(&Sequential::new(8).dense(4, Linear), 5);
    assert_eq!(
        values(&plain, "dense.kernel"),
        values(&fresh(&Sequential::new(8).dense(4, Relu), 5), "dense.kernel")
    );
}

proptest! {
    #[test]
    fn kernels_lie_within_glorots_limit_and_biases_are_zero(
        inputs in 1_usize..40, units in 1_usize..40, seed: u64,
    ) {
        let weights = fresh(&Sequential::new(inputs).dense(units, Relu), seed);
        let limit = (6.0 / (inputs + units) as f64).sqrt() as f32;
        let kernel = values(&weights, "dense.kernel");
        prop_assert_eq!(kernel.len(), inputs * units);
        prop_assert!(kernel.iter().all(|value| value.abs() <= limit));
        // More than 100 uniform draws all fall into one half of the range with a probability below 2^-100.
        if kernel.len() > 100 {
            prop_assert!(kernel.iter().any(|value| value.abs() > limit / 2.0));
        }
        prop_assert_eq!(values(&weights, "dense.bias"), vec![0.0; units]);
    }

    #[test]
    fn the_same_seed_gives_the_same_weights(stack in stacks(), seed: u64) {
        prop_assert_eq!(fresh(&stack, seed), fresh(&stack, seed));
    }
}
