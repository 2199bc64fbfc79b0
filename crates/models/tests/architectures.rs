//! Shapes and names are inferred from a stack of layers. A stack that cannot be built is an error that names the layer.

mod common;

use common::{Fresh, stacks};
use kindling_models::{
    ModelError, Network, Regularizer, Sequential, Weights,
    activations::{Linear, Relu, Softmax, Tanh},
    layers::{Dense, Layer},
    networks,
};
use proptest::prelude::*;

fn dense_with(regularizer: Regularizer) -> Sequential {
    Sequential::new(3).layer(Dense::new(2).kernel_regularizer(regularizer))
}

#[test]
fn the_output_is_named_and_shaped_after_the_last_layer() {
    let stack = Sequential::new([4, 3]).dropout(0.2).activation(Tanh).dense(5, Softmax);
    let output = |stack: &Sequential| stack.fresh(0).unwrap().outputs();
    let [dense] = &output(&stack)[..] else { panic!("one output") };
    assert_eq!((dense.name.as_str(), &dense.shape[..]), ("dense", &[4, 5][..]));
    assert!(dense.activation.is::<Softmax>());

    let [flat] = &output(&stack.clone().flatten())[..] else { panic!("one output") };
    assert_eq!((flat.name.as_str(), &flat.shape[..]), ("flatten", &[20][..]));
    assert!(flat.activation.is::<Linear>());

    let [tanh] = &output(&stack.dense(1, Linear).activation(Tanh))[..] else { panic!("one output") };
    assert_eq!((tanh.name.as_str(), &tanh.shape[..]), ("activation_1", &[4, 1][..]));
    assert!(tanh.activation.is::<Tanh>());
}

#[test]
fn layers_of_each_class_are_numbered() {
    let stack = Sequential::new([2, 2])
        .flatten()
        .dense(3, Relu)
        .dropout(0.5)
        .layer(Dense::new(3).use_bias(false))
        .dropout(0.5)
        .dense(1, Linear);
    let network = stack.fresh(0).unwrap();
    let weights = Weights::of(&network).unwrap();
    let names: Vec<&str> = weights.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["dense.kernel", "dense.bias", "dense_1.kernel", "dense_2.kernel", "dense_2.bias"]);
    let table = network.summary();
    for name in ["flatten (Flatten)", "dropout (Dropout)", "dropout_1 (Dropout)", "dense_2 (Dense)"] {
        assert!(table.contains(name), "{name} in\n{table}");
    }
}

#[test]
fn the_books_first_network_is_a_stack() {
    assert_eq!(networks::mnist(512), Sequential::new(784).dense(512, Relu).dense(10, Softmax));
    let small = networks::mnist(3).fresh(0).unwrap();
    assert_eq!(small.description(), &Sequential::new(784).dense(3, Relu).dense(10, Softmax));
}

#[test]
fn a_value_out_of_range_is_an_error_that_names_the_layer() {
    let cases = [
        (Sequential::new(3).dense(2, Relu).dense(0, Relu), "layer dense_1: units is 0"),
        (Sequential::new(3).dropout(0.5).dropout(1.0), "layer dropout_1: rate is 1"),
        (Sequential::new(3).dropout(-0.1), "layer dropout: rate is -0.1"),
        (Sequential::new(3).dropout(f64::NAN), "layer dropout: rate is NaN"),
        (dense_with(Regularizer::l1(-0.1)), "layer dense: kernel_regularizer: l1 is -0.1"),
        (dense_with(Regularizer::l2(f64::NAN)), "layer dense: kernel_regularizer: l2 is NaN"),
        (dense_with(Regularizer::l1_l2(0.1, f64::INFINITY)), "layer dense: kernel_regularizer: l2 is inf"),
    ];
    for (network, expected) in cases {
        let message = network.refusal();
        assert!(message.starts_with(expected), "{message:?} for {network:?}");
    }
}

#[test]
fn a_stack_without_layers_or_values_is_refused() {
    assert!(Sequential::new(784).refusal().contains("no layers"));
    for shape in [vec![], vec![0], vec![3, 0], vec![0, 3], vec![1, 1, 1, 1], vec![2; 9]] {
        let message = Sequential::new(shape.clone()).flatten().dense(1, Relu).refusal();
        assert!(message.contains(&format!("{shape:?}")), "{message}");
    }
}

#[test]
fn a_kernel_too_large_to_allocate_is_refused() {
    for units in [usize::MAX, usize::MAX / 2, 1 << 40, (1 << 30) + 1] {
        let message = Sequential::new(2).dense(units, Relu).refusal();
        assert!(message.starts_with(&format!("layer dense: units is {units}: ")), "{message}");
    }
    let message = Sequential::new(1 << 31).dense(2, Relu).refusal();
    assert!(message.contains("[2147483648, 2]"), "{message}");
    // The largest kernel that is allowed.
    assert_eq!(Dense::new(1 << 30).output_shape(&[2]), Ok(vec![1 << 30]));
}

#[test]
fn a_product_of_lengths_that_overflows_is_refused() {
    // 2^65 + 2, which is 2 in 64 bits.
    let message = Sequential::new([(1 << 63) + 1, 2]).flatten().dense(1, Relu).refusal();
    assert!(message.starts_with("the input shape is [9223372036854775809, 2], more than 2^31"), "{message}");
    let message = Sequential::new([1 << 30, 1]).dense(1 << 31, Relu).flatten().refusal();
    assert!(message.starts_with("layer flatten: "), "{message}");
}

#[test]
fn an_error_says_which_kind_it_is() {
    let layer = Sequential::new(3).dense(0, Relu).fresh(0).map(|_| ());
    assert!(matches!(layer, Err(ModelError::Layer { layer, .. }) if layer == "dense"));
    assert!(matches!(Sequential::new(3).fresh(0).map(|_| ()), Err(ModelError::Empty(_))));
}

proptest! {
    #[test]
    fn every_stack_returns_the_shape_that_was_inferred(stack in stacks(), batch in 1_usize..4) {
        let network = stack.fresh(7).unwrap();
        let input = [vec![batch], network.inputs().swap_remove(0).shape].concat();
        let output = [vec![batch], network.outputs().swap_remove(0).shape].concat();
        for pass in common::passes() {
            let given = network.forward(vec![common::counting(&input)], &pass).unwrap();
            prop_assert_eq!(given.len(), 1);
            prop_assert_eq!(given[0].shape(), output.clone());
        }
    }

    #[test]
    fn a_summary_counts_all_weights(stack in stacks()) {
        let network = stack.fresh(7).unwrap();
        let weights = Weights::of(&network).unwrap();
        let count: usize = weights.iter().map(|(_, data)| data.num_elements()).sum();
        let table = network.summary();
        let total = table.lines().find_map(|line| line.strip_prefix(" Total params: ")).unwrap();
        let (total, _) = total.split_once(" (").unwrap();
        prop_assert_eq!(total.replace(',', ""), count.to_string());
    }
}
