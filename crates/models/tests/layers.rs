//! Layers compute the values of Keras' layers.

mod common;

use common::{Fresh, assert_close, counting, run, value, with_weights};
use kindling_models::{
    IntoPart, Network, Part, Pass, Sequential,
    activations::{Activation, Linear, Relu, Sigmoid, Softmax},
    layers::Dense,
};
use proptest::prelude::*;

const KERNEL: (&str, &[f32], &[usize]) = ("dense.kernel", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[3, 2]);
const BIAS: (&str, &[f32], &[usize]) = ("dense.bias", &[0.5, -0.5], &[2]);

/// Two samples of three features, or one of two steps.
const INPUT: [f32; 6] = [1.0, 0.0, -1.0, 2.0, 1.0, 0.0];

#[test]
fn dense_multiplies_by_the_kernel_and_adds_the_bias() {
    let network = with_weights(&Sequential::new(3).dense(2, Linear), &[KERNEL, BIAS]);
    assert_eq!(run(&network, value(&INPUT, &[2, 3]), &Pass::inference()), [-3.5, -4.5, 5.5, 7.5]);

    let unbiased = Sequential::new(3).layer(Dense::new(2).use_bias(false));
    let network = with_weights(&unbiased, &[KERNEL]);
    assert_eq!(run(&network, value(&INPUT, &[2, 3]), &Pass::inference()), [-4.0, -4.0, 5.0, 8.0]);
}

#[test]
fn dense_on_a_sequence_or_an_image_acts_on_the_last_axis() {
    for shape in [vec![2, 3], vec![1, 2, 3], vec![2, 1, 3]] {
        let sequence = with_weights(&Sequential::new(shape.clone()).dense(2, Linear), &[KERNEL, BIAS]);
        let batch = [vec![1], shape].concat();
        assert_eq!(run(&sequence, value(&INPUT, &batch), &Pass::inference()), [-3.5, -4.5, 5.5, 7.5]);
    }
}

#[test]
fn activations_between_layers_are_applied_softmax_along_the_last_axis() {
    let relu = with_weights(&Sequential::new([2, 3]).dense(2, Relu).flatten(), &[KERNEL, BIAS]);
    assert_eq!(run(&relu, value(&INPUT, &[1, 2, 3]), &Pass::inference()), [0.0, 0.0, 5.5, 7.5]);

    // keras.activations.softmax([[-3.5, -4.5], [5.5, 7.5]])
    let softmax = with_weights(&Sequential::new([2, 3]).dense(2, Softmax).flatten(), &[KERNEL, BIAS]);
    let expected = [0.7310586, 0.26894143, 0.11920292, 0.880797];
    assert_close(&run(&softmax, value(&INPUT, &[1, 2, 3]), &Pass::inference()), &expected, 1e-6);
}

#[test]
fn the_output_is_before_the_last_activation() {
    let logits = [-3.5, -4.5, 5.5, 7.5];
    for stack in [
        Sequential::new(3).dense(2, Sigmoid),
        Sequential::new(3).dense(2, Linear).activation(Sigmoid),
        Sequential::new([1, 3]).flatten().dense(2, Linear).activation(Sigmoid),
    ] {
        let network = with_weights(&stack, &[KERNEL, BIAS]);
        let shape = [vec![2], network.inputs().swap_remove(0).shape].concat();
        assert_eq!(run(&network, value(&INPUT, &shape), &Pass::inference()), logits, "{stack:?}");
        assert!(network.outputs()[0].activation.is::<Sigmoid>());
    }
}

#[test]
fn softmax_and_sigmoid_of_extreme_numbers_are_probabilities() {
    for (activation, expected) in
        [(Softmax.into_part(), [0.0, 1.0, 0.0]), (Sigmoid.into_part(), [0.0, 1.0, 0.5])]
            as [(Part<dyn Activation>, _); 2]
    {
        let network = Sequential::new(3).activation(activation.clone()).flatten().fresh(0).unwrap();
        let given = run(&network, value(&[-1e4, 1e4, 0.0], &[1, 3]), &Pass::inference());
        assert_eq!(given, expected, "{activation:?}");
    }
}

#[test]
fn flatten_lays_out_rows_in_order() {
    let network = Sequential::new([2, 3, 2]).flatten().fresh(0).unwrap();
    let input: Vec<f32> = (0..24).map(|i| i as f32).collect();
    let flat =
        network.forward(vec![value(&input, &[2, 2, 3, 2])], &Pass::inference()).unwrap().swap_remove(0);
    assert_eq!(flat.shape(), [2, 12]);
    assert_eq!(common::numbers(flat), input);
}

#[test]
fn dropout_masks_of_layers_and_steps_are_independent() {
    let stack = |rates: &[f64]| {
        let layers = rates.iter().fold(Sequential::new(200), |stack, rate| stack.dropout(*rate));
        layers.fresh(0).unwrap()
    };
    let ones = || value(&[1.0; 200], &[1, 200]);
    let kept = |rates: &[f64], pass: &Pass| -> Vec<bool> {
        run(&stack(rates), ones(), pass).iter().map(|value| *value != 0.0).collect()
    };
    // A layer with rate 0 drops nothing, so these are the masks of the first and the second layer.
    let (first, second) =
        (kept(&[0.5, 0.0], &Pass::training(1, 0)), kept(&[0.0, 0.5], &Pass::training(1, 0)));
    assert_ne!(first, second);
    assert_ne!(first, kept(&[0.5, 0.0], &Pass::training(1, 1)));
    assert_ne!(first, kept(&[0.5, 0.0], &Pass::training(2, 0)));
    // Together, the layers drop what either of them drops, and scale twice.
    let both = run(&stack(&[0.5, 0.5]), ones(), &Pass::training(1, 0));
    let expected: Vec<f32> =
        first.iter().zip(&second).map(|(first, second)| if *first && *second { 4.0 } else { 0.0 }).collect();
    assert_eq!(both, expected);
}

#[test]
fn dropout_masks_differ_between_samples_steps_and_features() {
    let network = Sequential::new([10, 10]).dropout(0.5).fresh(0).unwrap();
    let kept = run(&network, value(&[1.0; 400], &[4, 10, 10]), &Pass::training(0, 0));
    let (rows, columns): (Vec<_>, Vec<Vec<f32>>) = (
        kept.chunks(10).collect(),
        (0..10).map(|column| kept.iter().copied().skip(column).step_by(10).collect()).collect(),
    );
    assert!((1..rows.len()).all(|row| rows[row] != rows[0]), "no two samples or steps share a mask");
    assert!((1..10).all(|column| columns[column] != columns[0]), "no two features share a mask");
}

proptest! {
    #[test]
    fn dropout_does_nothing_in_inference(rate in 0.0..0.99, seed: u64) {
        let dropped = Sequential::new(4).dropout(rate).flatten().dropout(rate);
        let network = dropped.fresh(seed).unwrap();
        let plain = common::numbers(counting(&[3, 4]));
        prop_assert_eq!(run(&network, counting(&[3, 4]), &Pass::inference()), plain);
    }

    #[test]
    fn a_sample_gives_the_same_output_alone_and_in_a_batch(stack in common::stacks(), batch in 2_usize..5) {
        let network = stack.fresh(3).unwrap();
        let shape = network.inputs().swap_remove(0).shape;
        let width: usize = shape.iter().product();
        let values: Vec<f32> = (0..batch * width).map(|i| (i as f32 * 0.7).sin()).collect();
        let together = run(&network, value(&values, &[vec![batch], shape.clone()].concat()), &Pass::inference());
        let alone: Vec<f32> = values
            .chunks(width)
            .flat_map(|sample| run(&network, value(sample, &[vec![1], shape.clone()].concat()), &Pass::inference()))
            .collect();
        for (together, alone) in together.iter().zip(&alone) {
            let tolerance = 1e-5 * alone.abs().max(1.0);
            prop_assert!((together - alone).abs() <= tolerance, "{} alone, {} in a batch", alone, together);
        }
    }
}
