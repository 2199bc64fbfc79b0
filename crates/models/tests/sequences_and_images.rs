//! Recurrent layers, convolutions and pooling have the values of Keras 3.15 on JAX.

mod common;

use burn::tensor::{Device, Tensor};
use common::{Fresh, assert_close, counting, numbers, value, with_weights};
use kindling_models::{
    ModelError, Network, Pass, Sequential, SequentialNetwork, Value, Weights,
    activations::{Linear, Relu},
    keras_file::KerasFile,
    layers::{Conv2d, Embedding, Lstm, MaxPooling2d, Padding},
};
use proptest::prelude::*;

/// Returns `count` numbers from `first`, `step` apart.
fn ramp(count: usize, first: f32, step: f32) -> Vec<f32> {
    (0..count).map(|i| first + i as f32 * step).collect()
}

fn lstm(return_sequences: bool) -> SequentialNetwork {
    let layer = Lstm::new(2).return_sequences(return_sequences);
    let (kernel, recurrent, bias) = (ramp(24, -1.0, 0.1), ramp(16, 0.7, -0.1), ramp(8, -0.2, 0.05));
    let weights: [(&str, &[f32], &[usize]); 3] = [
        ("lstm.kernel", &kernel, &[3, 8]),
        ("lstm.recurrent_kernel", &recurrent, &[2, 8]),
        ("lstm.bias", &bias, &[8]),
    ];
    with_weights(&Sequential::new([2, 3]).layer(layer), &weights)
}

fn forward(network: &SequentialNetwork, input: Value) -> Value {
    network.forward(vec![input], &Pass::inference()).unwrap().swap_remove(0)
}

/// Two samples of two steps of three features.
const SEQUENCES: [f32; 12] = [1.0, 0.0, -1.0, 0.5, -0.5, 2.0, 0.0, 1.0, 0.25, -1.0, 0.75, 0.0];

/// The output of `keras.layers.LSTM(2, return_sequences=True)`: two samples of two steps of two units.
const EVERY_STEP: [f32; 8] =
    [-0.02371528, -0.02554839, 0.4086455, 0.46333128, 0.12602016, 0.18932979, 0.3207242, 0.34524715];

#[test]
fn an_lstm_gives_keras_output_at_every_step() {
    let output = forward(&lstm(true), value(&SEQUENCES, &[2, 2, 3]));
    assert_eq!(output.shape(), [2, 2, 2]);
    assert_close(&numbers(output), &EVERY_STEP, 1e-6);
}

#[test]
fn an_lstm_without_return_sequences_gives_the_last_step() {
    let output = forward(&lstm(false), value(&SEQUENCES, &[2, 2, 3]));
    assert_eq!(output.shape(), [2, 2]);
    assert_close(&numbers(output), &[&EVERY_STEP[2..4], &EVERY_STEP[6..]].concat(), 1e-6);
}

#[test]
fn one_step_of_one_unit_has_the_value_of_its_formula() {
    // The gates are sigmoid(0): the cell state is 0.5 * tanh(1), the output 0.5 * tanh(cell state).
    let weights: [(&str, &[f32], &[usize]); 3] = [
        ("lstm.kernel", &[0.0, 0.0, 1.0, 0.0], &[1, 4]),
        ("lstm.recurrent_kernel", &[0.0; 4], &[1, 4]),
        ("lstm.bias", &[0.0; 4], &[4]),
    ];
    let network = with_weights(&Sequential::new([1, 1]).lstm(1), &weights);
    let expected = 0.5 * (0.5 * 1.0_f32.tanh()).tanh();
    assert_close(&numbers(forward(&network, value(&[1.0], &[1, 1, 1]))), &[expected], 1e-7);
}

#[test]
fn a_new_lstm_has_keras_initial_values() {
    let network = Sequential::new([5, 3]).lstm(4).fresh(1).unwrap();
    let weights = Weights::of(&network).unwrap();
    let named: Vec<(&str, Vec<usize>, Vec<f32>)> = weights
        .iter()
        .map(|(name, data)| (name, data.shape().to_vec(), data.as_slice::<f32>().unwrap().to_vec()))
        .collect();
    let [kernel, recurrent, bias] = &named[..] else { panic!("three weights") };
    assert_eq!((kernel.0, &kernel.1), ("lstm.kernel", &vec![3, 16]));
    assert!(kernel.2.iter().all(|value| value.abs() <= (6.0_f32 / 19.0).sqrt()));
    assert_eq!((recurrent.0, &recurrent.1), ("lstm.recurrent_kernel", &vec![4, 16]));
    let length = |row: &[f32]| row.iter().map(|value| value * value).sum::<f32>();
    assert!(recurrent.2.chunks(16).all(|row| (length(row) - 1.0).abs() < 1e-5));
    // Only the forget gate's bias is 1.
    let expected = [[0.0; 4], [1.0; 4], [0.0; 4], [0.0; 4]].concat();
    assert_eq!((bias.0, &bias.2), ("lstm.bias", &expected));
}

/// Returns the convolution of an image of 4 x 5 pixels in two channels with two filters.
fn convolve(strides: [usize; 2], kernel_size: [usize; 2], padding: Padding) -> Value {
    let [height, width] = kernel_size;
    let layer = Conv2d::new(2, kernel_size).strides(strides).padding(padding);
    let kernel: Vec<f32> = (0..height * width * 4).map(|i| (i * 7 % 11) as f32 * 0.1 - 0.5).collect();
    let weights: [(&str, &[f32], &[usize]); 2] =
        [("conv2d.kernel", &kernel, &[height, width, 2, 2]), ("conv2d.bias", &[0.5, -0.5], &[2])];
    let network = with_weights(&Sequential::new([4, 5, 2]).layer(layer), &weights);
    forward(&network, value(&ramp(40, -1.0, 0.1), &[1, 4, 5, 2]))
}

#[test]
fn a_convolution_without_padding_has_keras_values() {
    let output = convolve([1, 1], [2, 3], Padding::Valid);
    assert_eq!(output.shape(), [1, 3, 3, 2]);
    let rows = [
        [0.97, -0.81, 0.87, -0.77, 0.77, -0.73],
        [0.47, -0.61, 0.37, -0.57, 0.27, -0.53],
        [-0.03, -0.41, -0.13, -0.37, -0.23, -0.33],
    ];
    assert_close(&numbers(output), rows.as_flattened(), 1e-5);

    let strided = convolve([2, 1], [2, 3], Padding::Valid);
    assert_eq!(strided.shape(), [1, 2, 3, 2]);
    assert_close(&numbers(strided), [rows[0], rows[2]].as_flattened(), 1e-5);
}

#[test]
fn a_convolution_with_padding_has_keras_values() {
    let output = convolve([1, 1], [2, 3], Padding::Same);
    assert_eq!(output.shape(), [1, 4, 5, 2]);
    let expected = [
        [0.34, -0.09, 0.97, -0.81, 0.87, -0.77, 0.77, -0.73, 0.93, -0.76],
        [-0.16, -0.49, 0.47, -0.61, 0.37, -0.57, 0.27, -0.53, 1.13, -0.46],
        [-0.66, -0.89, -0.03, -0.41, -0.13, -0.37, -0.23, -0.33, 1.33, -0.16],
        [0.43, -1.59, -0.99, -0.24, -1.13, -0.2, -1.27, -0.16, 0.1, 0.53],
    ];
    assert_close(&numbers(output), expected.as_flattened(), 1e-5);

    let strided = convolve([2, 2], [3, 3], Padding::Same);
    assert_eq!(strided.shape(), [1, 2, 3, 2]);
    let expected = [0.44, -0.62, 0.9, -1.25, 0.74, 0.1, -0.66, -0.89, -0.13, -0.37, 1.33, -0.16];
    assert_close(&numbers(strided), &expected, 1e-5);

    // With strides wider than the kernel, no zeros are added.
    let wide = convolve([1, 3], [1, 2], Padding::Same);
    assert_eq!(wide.shape(), [1, 4, 2, 2]);
    let expected =
        [0.82, -0.91, 0.7, -0.67, 0.62, -0.51, 0.5, -0.27, 0.42, -0.11, 0.3, 0.13, 0.22, 0.29, 0.1, 0.53];
    assert_close(&numbers(wide), &expected, 1e-5);
}

#[test]
fn pooling_keeps_the_largest_value_of_each_window_and_channel() {
    let image: Vec<f32> = (0..40).map(|i| (i * 13 % 17) as f32).collect();
    for (pool_size, shape, expected) in [
        ([2, 2], [1, 2, 2, 2], &[11.0, 16.0, 12.0, 14.0, 16.0, 12.0, 15.0, 13.0][..]),
        ([3, 2], [1, 1, 2, 2], &[14.0, 16.0, 15.0, 14.0]),
        ([1, 1], [1, 4, 5, 2], &image),
        ([4, 5], [1, 1, 1, 2], &[16.0, 16.0]),
    ] {
        let network = Sequential::new([4, 5, 2]).max_pooling2d(pool_size).fresh(0).unwrap();
        let output = forward(&network, value(&image, &[1, 4, 5, 2]));
        assert_eq!((output.shape(), numbers(output).as_slice()), (shape.to_vec(), expected));
    }
}

#[test]
fn a_convolutions_activation_is_applied_before_the_next_layer_and_after_the_last() {
    let stack = Sequential::new([1, 2, 1]).conv2d(1, [1, 1], Relu);
    let weights: [(&str, &[f32], &[usize]); 2] =
        [("conv2d.kernel", &[1.0], &[1, 1, 1, 1]), ("conv2d.bias", &[0.0], &[1])];
    let input = || value(&[-1.0, 2.0], &[1, 1, 2, 1]);
    assert_eq!(numbers(forward(&with_weights(&stack, &weights), input())), [-1.0, 2.0]);
    assert!(with_weights(&stack, &weights).outputs()[0].activation.is::<Relu>());
    let flat = with_weights(&stack.clone().flatten(), &weights);
    assert_eq!(numbers(forward(&flat, input())), [0.0, 2.0]);
    let called = with_weights(&stack, &weights).call(input(), &Pass::inference()).unwrap();
    assert_eq!(numbers(called), [0.0, 2.0]);
}

#[test]
fn an_input_of_another_rank_is_an_error_that_names_the_expected_shape() {
    for (network, parts) in [
        (
            Sequential::new(784).lstm(8),
            ["layer lstm: expected sequences", "[steps, features]", "found [784]", "embedding"],
        ),
        (
            Sequential::new([28, 28, 1]).lstm(8),
            ["layer lstm: expected sequences", "[steps, features]", "found [28, 28, 1]", "reshape"],
        ),
        (
            Sequential::new([28, 28]).conv2d(4, [3, 3], Relu),
            [
                "layer conv2d: expected images",
                "[height, width, channels]",
                "found [28, 28]",
                "to [28, 28, 1]",
            ],
        ),
        (
            Sequential::new(784).dense(9, Relu).max_pooling2d([2, 2]),
            ["layer max_pooling2d: expected images", "[height, width, channels]", "found [9]", "reshape"],
        ),
        (
            Sequential::new([6, 4]).lstm(3).lstm(3),
            ["layer lstm_1: expected sequences", "[steps, features]", "found [3]", "reshape"],
        ),
    ] {
        let message = network.refusal();
        assert!(parts.iter().all(|part| message.contains(part)), "{parts:?} in {message:?}");
    }
}

#[test]
fn sizes_out_of_range_are_rejected() {
    let image = || Sequential::new([4, 5, 2]);
    let strided = |strides| Conv2d::new(1, [2, 2]).strides(strides);
    for (network, parts) in [
        (Sequential::new([4, 3]).lstm(0), ["layer lstm", "units is 0"]),
        (Sequential::new([4, 3]).lstm(usize::MAX), ["layer lstm", "more than 2^31"]),
        (Sequential::new([4, 3]).lstm(1 << 15), ["units is 32768", "more than 2^31"]),
        (image().conv2d(0, [2, 2], Linear), ["layer conv2d", "filters is 0"]),
        (image().conv2d(1, [2, 0], Linear), ["layer conv2d", "kernel_size [2, 0]"]),
        (image().layer(strided([0, 1])), ["layer conv2d", "strides [0, 1]"]),
        (image().conv2d(1, [5, 2], Linear), ["kernel_size is [5, 2], the image is [4, 5]", "Padding::Same"]),
        (image().conv2d(1 << 31, [1, 1], Linear), ["layer conv2d", "more than 2^31"]),
        (image().conv2d(usize::MAX, [1, 1], Linear), ["layer conv2d", "more than 2^31"]),
        (image().max_pooling2d([0, 2]), ["layer max_pooling2d", "pool_size is [0, 2]"]),
        (image().max_pooling2d([2, 6]), ["pool_size is [2, 6], the image is [4, 5]", "from 1"]),
    ] {
        let message = network.refusal();
        assert!(parts.iter().all(|part| message.contains(part)), "{parts:?} in {message:?}");
    }
}

#[test]
fn a_network_is_rebuilt_from_its_description_and_weights() {
    let stacks = [
        Sequential::new(20).embedding(50, 4).layer(Lstm::new(3).return_sequences(true)).lstm(2),
        Sequential::new([8, 8, 1])
            .layer(Conv2d::new(2, [3, 3]).padding(Padding::Same).use_bias(false))
            .max_pooling2d([2, 2])
            .flatten(),
    ];
    for stack in stacks {
        let network = stack.fresh(2).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.keras");
        KerasFile::new(&network).unwrap().write(&path).unwrap();
        let file = KerasFile::read(&path).unwrap();
        assert_eq!(file.sequential().unwrap(), stack);
        let loaded = file.network(&burn::tensor::Device::flex()).unwrap();
        assert_eq!(Weights::of(&loaded).unwrap(), Weights::of(&network).unwrap());
    }
}

proptest! {
    #[test]
    fn image_layers_return_the_shape_that_was_inferred(
        [height, width, channels, filters] in [1_usize..9, 1..9, 1..4, 1..4],
        kernel_size in [1_usize..5, 1..5], strides in [1_usize..4, 1..4], same: bool, pool_size in [1_usize..4, 1..4],
    ) {
        let padding = if same { Padding::Same } else { Padding::Valid };
        let layer = Conv2d::new(filters, kernel_size).strides(strides).padding(padding);
        let stack = Sequential::new([height, width, channels]).layer(layer)
            .layer(MaxPooling2d::new(pool_size));
        if let Ok(network) = stack.fresh(7) {
            let output = forward(&network, counting(&[2, height, width, channels]));
            prop_assert_eq!(&output.shape()[1..], &network.outputs()[0].shape[..]);
        }
    }

    #[test]
    fn an_lstm_returns_the_shape_that_was_inferred(
        [steps, features, units] in [1_usize..6, 1..5, 1..5], return_sequences: bool,
    ) {
        let layer = Lstm::new(units).return_sequences(return_sequences);
        let network = Sequential::new([steps, features]).layer(layer).fresh(7).unwrap();
        let output = forward(&network, counting(&[3, steps, features]));
        prop_assert_eq!(&output.shape()[1..], &network.outputs()[0].shape[..]);
    }
}

#[test]
fn ids_outside_the_vocabulary_are_errors() {
    let stacks = [
        Sequential::new(2).layer(Embedding::new(4, 3)),
        Sequential::new(2).layer(Embedding::new(4, 3)).flatten().dense(1, Linear),
    ];
    for network in stacks.map(|stack| stack.fresh(0).unwrap()) {
        for id in [-1, 4, i32::MAX] {
            let ids = || Value::Integers(Tensor::from_data([[0, id]], &Device::flex()));
            let pass = Pass::inference();
            let errors = [
                network.call(ids(), &pass).unwrap_err(),
                network.forward(vec![ids()], &pass).unwrap_err(),
                network.layer_outputs(ids(), &pass).unwrap_err(),
                network.kernel_pass(&ids(), &Pass::training(0, 0)).unwrap_err(),
            ];
            for error in errors {
                assert!(matches!(error, ModelError::Input(_)), "{error:?}");
                assert!(error.to_string().contains(&format!("the id {id} ")), "{error}");
            }
        }
        let ids = Value::Integers(Tensor::from_data([[0, 3]], &Device::flex()));
        assert!(network.call(ids, &Pass::inference()).is_ok());
    }
}
