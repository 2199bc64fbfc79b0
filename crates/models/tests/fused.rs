//! The CPU kernels give the same outputs and gradients as the layers' tensor operations.

mod common;

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::{Device, Gradients, Tensor, TensorData},
};
use common::Fresh;
use kindling_models::{
    Network, Pass, Sequential, SequentialNetwork, Value,
    activations::{Gelu, Linear, Relu, Sigmoid, Softmax, Tanh},
    layers::{
        AveragePooling2d, Conv1d, Conv2d, Dropout, Flatten, Gru, Lstm, MaxPooling1d, MaxPooling2d, Padding,
        Reshape, SimpleRnn,
    },
};

/// Returns numbers that all differ, some of them 0.
fn numbers(count: usize, step: f32) -> Vec<f32> {
    (0..count).map(|i| (i as f32 * step).sin()).map(|x| if x.abs() < 0.2 { 0.0 } else { x }).collect()
}

fn batch(shape: &[usize]) -> Value {
    let data = TensorData::new(numbers(shape.iter().product(), 0.7), shape.to_vec());
    Value::from_data(data, &Device::flex()).unwrap()
}

struct Collect<'a>(&'a Gradients, Vec<TensorData>);

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if param.val().is_require_grad() {
            self.1.push(param.val().grad(self.0).expect("every weight has a gradient").into_data());
        }
    }
}

/// Returns the output, the gradient of the input, then that of each weight, for a loss with a different factor for
/// each value.
fn measured(network: &SequentialNetwork, input: Value, run: impl Fn(Value) -> Value) -> Vec<TensorData> {
    let tracked = input.flatten().require_grad();
    let shape: Vec<usize> = network.inputs()[0].shape.clone();
    let batch = tracked.dims()[0];
    let given = match *shape.as_slice() {
        [features] => Value::Rank2(tracked.clone().reshape([batch, features])),
        [steps, features] => Value::Rank3(tracked.clone().reshape([batch, steps, features])),
        [height, width, channels] => Value::Rank4(tracked.clone().reshape([batch, height, width, channels])),
        _ => unreachable!("the networks below have up to three axes"),
    };
    let output = run(given).flatten();
    let [batch, units] = output.dims();
    let counts = TensorData::new(numbers(batch * units, 0.3), [batch, units]);
    let gradients = (output.clone() * Tensor::from_data(counts, &Device::flex())).sum().backward();
    let of_input = tracked.grad(&gradients).expect("the input has a gradient").into_data();
    let mut collect = Collect(&gradients, vec![output.inner().into_data(), of_input]);
    network.visit(&mut collect);
    collect.1
}

/// Compares a network with its layers, which are run one by one with tensor operations.
fn assert_same(stack: Sequential, samples: usize) {
    // The last layer has no activation, which a network's output would not include.
    let stack = stack.layer(Flatten::default());
    let network = stack.clone().fresh(7).unwrap().train();
    let shape = [&[samples], network.inputs()[0].shape.as_slice()].concat();
    let pass = || Pass::training(3, 5);
    let fused = measured(&network, batch(&shape).autodiff(), |input| {
        network.forward(vec![input], &pass()).unwrap().swap_remove(0)
    });
    let plain = measured(&network, batch(&shape).autodiff(), |input| {
        network.layer_outputs(input, &pass()).unwrap().pop().unwrap()
    });
    assert_eq!(fused.len(), plain.len(), "{stack:?}");
    for (index, (fused, plain)) in fused.iter().zip(&plain).enumerate() {
        assert_eq!(fused.shape(), plain.shape(), "{stack:?}");
        let (fused, plain) = (fused.as_slice::<f32>().unwrap(), plain.as_slice::<f32>().unwrap());
        let largest = plain.iter().fold(1e-3_f32, |largest, value| largest.max(value.abs()));
        for (fused, plain) in fused.iter().zip(plain) {
            assert!((fused - plain).abs() <= 1e-5 * largest, "{stack:?}, array {index}: {fused} and {plain}");
        }
    }
}

#[test]
fn dense_layers() {
    for samples in [1, 2, 3, 5, 40] {
        assert_same(Sequential::new(13).dense(64, Relu).dense(64, Relu).dense(1, Linear), samples);
        assert_same(Sequential::new(7).dense(9, Tanh).dense(70, Sigmoid).dense(3, Linear), samples);
    }
    // A softmax, and an activation without a kernel, between layers.
    assert_same(Sequential::new(7).dense(9, Softmax).dense(8, Gelu).dense(3, Linear), 4);
    assert_same(Sequential::new([5, 3]).dense(4, Relu).layer(Flatten::default()).dense(2, Linear), 6);
}

#[test]
fn dropout_and_reshaping() {
    let stack = Sequential::new(24).layer(Dropout::new(0.3)).dense(10, Relu).layer(Dropout::new(0.5));
    assert_same(stack.layer(Reshape { target_shape: vec![5, -1] }).dense(3, Linear), 9);
}

#[test]
fn recurrent_layers() {
    for samples in [1, 5, 16, 37] {
        for backwards in [false, true] {
            assert_same(Sequential::new([6, 3]).layer(Lstm::new(5).go_backwards(backwards)), samples);
            assert_same(Sequential::new([6, 3]).layer(Gru::new(5).go_backwards(backwards)), samples);
            assert_same(Sequential::new([6, 3]).layer(SimpleRnn::new(5).go_backwards(backwards)), samples);
        }
    }
    let stack = Sequential::new([7, 4]).layer(Lstm::new(33).return_sequences(true));
    let stack = stack.layer(Gru::new(18).return_sequences(true)).layer(SimpleRnn::new(3)).dense(2, Linear);
    assert_same(stack, 20);
    // The reset gate before the product, and no bias.
    assert_same(Sequential::new([4, 2]).layer(Gru { reset_after: false, ..Gru::new(3) }), 3);
    assert_same(Sequential::new([4, 2]).layer(Gru { use_bias: false, ..Gru::new(3) }), 3);
    assert_same(Sequential::new([4, 2]).layer(Lstm { use_bias: false, ..Lstm::new(3) }), 3);
}

#[test]
fn convolutions_and_pooling() {
    for samples in [1, 3, 19] {
        let stack = Sequential::new([12, 11, 2]).layer(Conv2d::new(5, [3, 3]).activation(Relu));
        let stack = stack.layer(MaxPooling2d::new([2, 2])).layer(Conv2d::new(20, [2, 3]).activation(Relu));
        assert_same(
            stack.layer(MaxPooling2d::new([2, 2])).layer(Flatten::default()).dense(3, Linear),
            samples,
        );
    }
    let same = |layer: Conv2d| layer.padding(Padding::Same);
    assert_same(Sequential::new([5, 7, 3]).layer(same(Conv2d::new(4, [3, 3]).activation(Tanh))), 2);
    assert_same(Sequential::new([5, 7, 3]).layer(same(Conv2d::new(4, [4, 2]).strides([2, 3]))), 2);
    assert_same(Sequential::new([9, 9, 1]).layer(Conv2d::new(4, [3, 2]).dilation_rate([2, 3])), 2);
    assert_same(Sequential::new([9, 9, 4]).layer(Conv2d { groups: 2, ..Conv2d::new(4, [3, 3]) }), 2);
    assert_same(Sequential::new([9, 3]).layer(Conv1d::new(40, 3).padding(Padding::Causal)), 4);
    assert_same(Sequential::new([9, 3]).layer(Conv1d::new(4, 3)).layer(MaxPooling1d::new(3)), 4);
    let pooling = AveragePooling2d::new([3, 2]).strides([2, 2]).padding(Padding::Same);
    assert_same(Sequential::new([5, 6, 2]).dense(2, Linear).layer(pooling), 3);
    let pooling = MaxPooling2d::new([3, 2]).strides([1, 2]).padding(Padding::Same);
    assert_same(Sequential::new([5, 6, 2]).dense(2, Linear).layer(pooling), 3);
}
