//! Shapes and names follow from a stack of layers, and what cannot be built is refused with the layer named.

mod common;

use burn::tensor::Device;
use common::stacks;
use kindling_models::{
    Activation::{Linear, Relu, Softmax, Tanh},
    Architecture, DenseConfig, Input, ModelError, Network, Regularizer, Sequential, Weights,
    networks::MnistConfig,
};
use proptest::prelude::*;

fn refusal(network: &Sequential) -> String {
    let built = network.build(&Device::flex(), 0).map(|_| ()).unwrap_err();
    let drawn = network.summary().unwrap_err();
    assert_eq!(built.to_string(), drawn.to_string(), "build and summary refuse alike");
    built.to_string()
}

fn dense_with(regularizer: Regularizer) -> Sequential {
    Sequential::new(3).layer(DenseConfig::new(2).with_kernel_regularizer(regularizer))
}

#[test]
fn the_output_is_named_and_shaped_after_the_last_layer() {
    let stack = Sequential::new([4, 3]).dropout(0.2).activation(Tanh).dense(5, Softmax);
    let output = |stack: &Sequential| stack.build(&Device::flex(), 0).unwrap().outputs();
    let [dense] = &output(&stack)[..] else { panic!("one output") };
    assert_eq!((dense.name.as_str(), &dense.shape[..], dense.activation), ("dense", &[4, 5][..], Softmax));

    let [flat] = &output(&stack.clone().flatten())[..] else { panic!("one output") };
    assert_eq!((flat.name.as_str(), &flat.shape[..], flat.activation), ("flatten", &[20][..], Linear));

    let [tanh] = &output(&stack.dense(1, Linear).activation(Tanh))[..] else { panic!("one output") };
    assert_eq!((tanh.name.as_str(), &tanh.shape[..], tanh.activation), ("activation_1", &[4, 1][..], Tanh));
}

#[test]
fn each_kind_of_layer_is_numbered_by_itself() {
    let stack = Sequential::new([2, 2])
        .flatten()
        .dense(3, Relu)
        .dropout(0.5)
        .layer(DenseConfig::new(3).with_use_bias(false))
        .dropout(0.5)
        .dense(1, Linear);
    let weights = Weights::of(&stack.build(&Device::flex(), 0).unwrap()).unwrap();
    let names: Vec<&str> = weights.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["dense.kernel", "dense.bias", "dense_1.kernel", "dense_2.kernel", "dense_2.bias"]);
    let table = stack.summary().unwrap();
    for name in ["flatten (Flatten)", "dropout (Dropout)", "dropout_1 (Dropout)", "dense_2 (Dense)"] {
        assert!(table.contains(name), "{name} in\n{table}");
    }
}

#[test]
fn the_books_first_network_is_a_stack_under_a_name() {
    let mnist = MnistConfig::new();
    assert_eq!(
        kindling_models::networks::Stack::sequential(&mnist),
        Sequential::new(784).dense(512, Relu).dense(10, Softmax)
    );
    let small = mnist.with_hidden_units(3).build(&Device::flex(), 0).unwrap();
    assert_eq!(small.architecture(), &Sequential::new(784).dense(3, Relu).dense(10, Softmax));
}

#[test]
fn a_layer_with_a_value_outside_of_its_range_is_refused_by_name() {
    let cases = [
        (Sequential::new(3).dense(2, Relu).dense(0, Relu), "layer dense_1: units is 0"),
        (Sequential::new(3).dropout(0.5).dropout(1.0), "layer dropout_1: rate is 1"),
        (Sequential::new(3).dropout(-0.1), "layer dropout: rate is -0.1"),
        (Sequential::new(3).dropout(f64::NAN), "layer dropout: rate is NaN"),
        (dense_with(Regularizer::l1(-0.1)), "layer dense: kernel_regularizer: l1 is -0.1"),
        (dense_with(Regularizer::l2(f64::NAN)), "layer dense: kernel_regularizer: l2 is NaN"),
        (dense_with(Regularizer::l1_l2(0.1, f64::INFINITY)), "layer dense: kernel_regularizer: l2 is inf"),
        (Sequential::new([]).dense(1, Relu), "layer dense: input of shape []"),
    ];
    for (network, expected) in cases {
        let message = refusal(&network);
        assert!(message.starts_with(expected), "{message:?} for {network:?}");
    }
}

#[test]
fn a_stack_without_layers_or_values_is_refused() {
    assert!(refusal(&Sequential::new(784)).contains("no layers"));
    for shape in [vec![0], vec![3, 0], vec![0, 3], vec![1, 1, 1, 1], vec![2; 9]] {
        let message = refusal(&Sequential::new(shape.clone()).flatten().dense(1, Relu));
        assert!(message.contains(&format!("{shape:?}")), "{message}");
    }
}

#[test]
fn a_kernel_too_large_to_allocate_is_refused() {
    for units in [usize::MAX, usize::MAX / 2, 1 << 40, (1 << 30) + 1] {
        let message = refusal(&Sequential::new(2).dense(units, Relu));
        assert!(message.starts_with(&format!("layer dense: units is {units}: ")), "{message}");
    }
    let message = refusal(&Sequential::new(1 << 40).dense(1, Relu));
    assert!(message.contains("[1099511627776, 1]"), "{message}");
    // The largest there may be; nothing is allocated for a summary.
    assert!(Sequential::new(2).dense(1 << 30, Relu).summary().unwrap().contains("3,221,225,472"));
}

#[test]
fn a_product_of_lengths_that_overflows_is_refused() {
    // 2^65 + 2, which is 2 in 64 bits.
    let message = refusal(&Sequential::new([(1 << 63) + 1, 2]).flatten().dense(1, Relu));
    assert!(message.starts_with("layer flatten: input of shape [9223372036854775809, 2]"), "{message}");
    let message = refusal(&Sequential::new([1 << 40, 1]).dense(1 << 31, Relu).flatten());
    assert!(message.starts_with("layer flatten: "), "{message}");
}

#[test]
fn an_error_says_which_kind_it_is() {
    let device = Device::flex();
    let layer = Sequential::new(3).dense(0, Relu).build(&device, 0).map(|_| ());
    assert!(matches!(layer, Err(ModelError::Layer { layer, .. }) if layer == "dense"));
    assert!(matches!(Sequential::new(3).build(&device, 0).map(|_| ()), Err(ModelError::Empty(_))));
}

proptest! {
    #[test]
    fn every_stack_runs_in_the_shapes_it_promises(stack in stacks(), batch in 1_usize..4) {
        let network = stack.build(&Device::flex(), 7).unwrap();
        let input = [vec![batch], network.inputs().swap_remove(0).shape].concat();
        let output = [vec![batch], network.outputs().swap_remove(0).shape].concat();
        for pass in common::PASSES {
            let given = network.forward(vec![Input::Numbers(common::counting(&input))], pass);
            prop_assert_eq!(given.len(), 1);
            prop_assert_eq!(given[0].shape(), output.clone());
        }
    }

    #[test]
    fn a_summary_counts_the_weights_there_are(stack in stacks()) {
        let weights = Weights::of(&stack.build(&Device::flex(), 7).unwrap()).unwrap();
        let count: usize = weights.iter().map(|(_, data)| data.num_elements()).sum();
        let table = stack.summary().unwrap();
        let total = table.lines().find_map(|line| line.strip_prefix(" Total params: ")).unwrap();
        let (total, _) = total.split_once(" (").unwrap();
        prop_assert_eq!(total.replace(',', ""), count.to_string());
    }
}
