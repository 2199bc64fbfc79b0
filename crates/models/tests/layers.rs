//! Each layer computes what Keras' layer of that name does.

mod common;

use burn::tensor::Device;
use common::{assert_close, counting, run, value, with_weights};
use kindling_models::{
    Activation::{self, Elu, Linear, Relu, Sigmoid, Softmax, Tanh},
    Architecture, DenseConfig, Network, Pass, Sequential,
};
use proptest::prelude::*;

const KERNEL: (&str, &[f32], &[usize]) = ("dense.kernel", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[3, 2]);
const BIAS: (&str, &[f32], &[usize]) = ("dense.bias", &[0.5, -0.5], &[2]);

/// Two samples of three features, or one of two steps.
const INPUT: [f32; 6] = [1.0, 0.0, -1.0, 2.0, 1.0, 0.0];

#[test]
fn dense_multiplies_by_the_kernel_and_adds_the_bias() {
    let network = with_weights(&Sequential::new(3).dense(2, Linear), &[KERNEL, BIAS]);
    assert_eq!(run(&network, value(&INPUT, &[2, 3]), Pass::Inference), [-3.5, -4.5, 5.5, 7.5]);

    let unbiased = Sequential::new(3).layer(DenseConfig::new(2).with_use_bias(false));
    let network = with_weights(&unbiased, &[KERNEL]);
    assert_eq!(run(&network, value(&INPUT, &[2, 3]), Pass::Inference), [-4.0, -4.0, 5.0, 8.0]);
}

#[test]
fn dense_on_a_sequence_or_an_image_acts_on_the_last_axis() {
    for shape in [vec![2, 3], vec![1, 2, 3], vec![2, 1, 3]] {
        let sequence = with_weights(&Sequential::new(shape.clone()).dense(2, Linear), &[KERNEL, BIAS]);
        let batch = [vec![1], shape].concat();
        assert_eq!(run(&sequence, value(&INPUT, &batch), Pass::Inference), [-3.5, -4.5, 5.5, 7.5]);
    }
}

#[test]
fn an_activation_between_layers_is_applied_softmax_along_the_last_axis() {
    let relu = with_weights(&Sequential::new([2, 3]).dense(2, Relu).flatten(), &[KERNEL, BIAS]);
    assert_eq!(run(&relu, value(&INPUT, &[1, 2, 3]), Pass::Inference), [0.0, 0.0, 5.5, 7.5]);

    // keras.activations.softmax([[-3.5, -4.5], [5.5, 7.5]])
    let softmax = with_weights(&Sequential::new([2, 3]).dense(2, Softmax).flatten(), &[KERNEL, BIAS]);
    let expected = [0.7310586, 0.26894143, 0.11920292, 0.880797];
    assert_close(&run(&softmax, value(&INPUT, &[1, 2, 3]), Pass::Inference), &expected, 1e-6);
}

#[test]
fn the_last_activation_is_left_to_the_loss() {
    let logits = [-3.5, -4.5, 5.5, 7.5];
    for stack in [
        Sequential::new(3).dense(2, Sigmoid),
        Sequential::new(3).dense(2, Linear).activation(Sigmoid),
        Sequential::new([1, 3]).flatten().dense(2, Linear).activation(Sigmoid),
    ] {
        let network = with_weights(&stack, &[KERNEL, BIAS]);
        let shape = [vec![2], network.inputs().swap_remove(0).shape].concat();
        assert_eq!(run(&network, value(&INPUT, &shape), Pass::Inference), logits, "{stack:?}");
        assert_eq!(network.outputs()[0].activation, Sigmoid);
    }
}

/// `keras.activations.*([[-2, -0.5, 0, 1, 3]])`, on JAX.
#[test]
fn activations_have_keras_values() {
    let expected: [(Activation, [f32; 5]); 6] = [
        (Linear, [-2.0, -0.5, 0.0, 1.0, 3.0]),
        (Relu, [0.0, 0.0, 0.0, 1.0, 3.0]),
        (Elu, [-0.86466473, -0.39346933, 0.0, 1.0, 3.0]),
        (Tanh, [-0.9640276, -0.46211717, 0.0, 0.7615942, 0.9950547]),
        (Sigmoid, [0.11920292, 0.37754068, 0.5, 0.7310586, 0.95257413]),
        (Softmax, [0.005513608, 0.024710277, 0.040740356, 0.110743776, 0.81829196]),
    ];
    for (activation, expected) in expected {
        // A layer after it, so that it is not the last one.
        let network = Sequential::new(5).activation(activation).flatten().build(&Device::flex(), 0).unwrap();
        let given = run(&network, value(&[-2.0, -0.5, 0.0, 1.0, 3.0], &[1, 5]), Pass::Inference);
        assert_close(&given, &expected, 1e-6);
    }
}

#[test]
fn softmax_and_sigmoid_of_extreme_numbers_are_probabilities() {
    for (activation, expected) in [(Softmax, [0.0, 1.0, 0.0]), (Sigmoid, [0.0, 1.0, 0.5])] {
        let network = Sequential::new(3).activation(activation).flatten().build(&Device::flex(), 0).unwrap();
        let given = run(&network, value(&[-1e4, 1e4, 0.0], &[1, 3]), Pass::Inference);
        assert_eq!(given, expected, "{activation:?}");
    }
}

#[test]
fn flatten_lays_out_rows_in_order() {
    let network = Sequential::new([2, 3, 2]).flatten().build(&Device::flex(), 0).unwrap();
    let input: Vec<f32> = (0..24).map(|i| i as f32).collect();
    let flat = network
        .forward(vec![kindling_models::Input::Numbers(value(&input, &[2, 2, 3, 2]))], Pass::Inference)
        .swap_remove(0);
    assert_eq!(flat.shape(), [2, 12]);
    assert_eq!(common::numbers(flat), input);
}

#[test]
fn dropout_layers_drop_independently_of_each_other_and_of_the_steps_before() {
    let stack = |rates: &[f64]| {
        let layers = rates.iter().fold(Sequential::new(200), |stack, rate| stack.dropout(*rate));
        layers.build(&Device::flex(), 0).unwrap()
    };
    let ones = || value(&[1.0; 200], &[1, 200]);
    let kept = |rates: &[f64], pass| -> Vec<bool> {
        run(&stack(rates), ones(), pass).iter().map(|value| *value != 0.0).collect()
    };
    let pass = |seed, step| Pass::Training { seed, step };
    // What the second of two layers drops: the first one, with rate 0, drops nothing.
    let (first, second) = (kept(&[0.5, 0.0], pass(1, 0)), kept(&[0.0, 0.5], pass(1, 0)));
    assert_ne!(first, second);
    assert_ne!(first, kept(&[0.5, 0.0], pass(1, 1)));
    assert_ne!(first, kept(&[0.5, 0.0], pass(2, 0)));
    // Both at once drop what either does, and scale twice.
    let both = run(&stack(&[0.5, 0.5]), ones(), pass(1, 0));
    let expected: Vec<f32> =
        first.iter().zip(&second).map(|(first, second)| if *first && *second { 4.0 } else { 0.0 }).collect();
    assert_eq!(both, expected);
}

#[test]
fn dropout_drops_each_value_of_a_batch_by_itself() {
    let network = Sequential::new([10, 10]).dropout(0.5).build(&Device::flex(), 0).unwrap();
    let kept = run(&network, value(&[1.0; 400], &[4, 10, 10]), Pass::Training { seed: 0, step: 0 });
    let (rows, columns): (Vec<_>, Vec<Vec<f32>>) = (
        kept.chunks(10).collect(),
        (0..10).map(|column| kept.iter().copied().skip(column).step_by(10).collect()).collect(),
    );
    assert!((1..rows.len()).all(|row| rows[row] != rows[0]), "no two samples or steps share a mask");
    assert!((1..10).all(|column| columns[column] != columns[0]), "nor do two features");
}

proptest! {
    #[test]
    fn inference_is_what_the_stack_computes_without_its_dropout(rate in 0.0..0.99, seed: u64) {
        let dropped = Sequential::new(4).dropout(rate).flatten().dropout(rate);
        let network = dropped.build(&Device::flex(), seed).unwrap();
        let plain = common::numbers(counting(&[3, 4]));
        prop_assert_eq!(run(&network, counting(&[3, 4]), Pass::Inference), plain);
    }

    #[test]
    fn a_sample_is_computed_alike_alone_and_in_a_batch(stack in common::stacks(), batch in 2_usize..5) {
        let network = stack.build(&Device::flex(), 3).unwrap();
        let shape = network.inputs().swap_remove(0).shape;
        let width: usize = shape.iter().product();
        let values: Vec<f32> = (0..batch * width).map(|i| (i as f32 * 0.7).sin()).collect();
        let together = run(&network, value(&values, &[vec![batch], shape.clone()].concat()), Pass::Inference);
        let alone: Vec<f32> = values
            .chunks(width)
            .flat_map(|sample| run(&network, value(sample, &[vec![1], shape.clone()].concat()), Pass::Inference))
            .collect();
        for (together, alone) in together.iter().zip(&alone) {
            let tolerance = 1e-5 * alone.abs().max(1.0);
            prop_assert!((together - alone).abs() <= tolerance, "{} alone, {} in a batch", alone, together);
        }
    }
}
