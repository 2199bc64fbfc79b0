//! Stacks and Burn's layers in a custom module: mismatched shapes are errors, random numbers depend on the seed.

mod common;

use std::{sync::Barrier, thread};

use burn::{
    module::Module,
    nn::{
        Linear, LinearConfig,
        conv::{Conv1d, Conv1dConfig},
    },
    tensor::{Device, Int, Tensor, TensorData},
};
use common::{counting, numbers, value};
use kindling_models::{
    Init, InputSpec, ModelError, Network, OutputSpec, Pass, Sequential, SequentialNetwork, Value, Weights,
    activations::{Linear as Identity, Relu, Softmax},
    layers::{Conv2d, Embedding, Layer, Lstm, MaxPooling2d},
};

/// A module with two equal stacks and Burn's layers between them.
#[derive(Module, Debug)]
struct Own {
    first: SequentialNetwork,
    linear: Linear,
    convolution: Conv1d,
    second: SequentialNetwork,
}

impl Own {
    fn build(init: &mut Init) -> Result<Self, ModelError> {
        let stack = Sequential::new(4).dense(4, Relu);
        Ok(Self {
            first: stack.build(init)?,
            linear: LinearConfig::new(4, 4).init(init.device()),
            convolution: Conv1dConfig::new(4, 4, 1).init(init.device()),
            second: stack.build(init)?,
        })
    }
}

impl Network for Own {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([4])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        vec![OutputSpec::new("second", [4])]
    }

    fn forward(&self, mut inputs: Vec<Value>, pass: &Pass) -> Result<Vec<Value>, ModelError> {
        let hidden = self.first.call(inputs.swap_remove(0), pass)?.tensor::<2>()?;
        self.second.forward(vec![self.linear.forward(hidden).into()], pass)
    }
}

fn own(seed: u64) -> Weights {
    Weights::of(&Init::build(&Device::flex(), seed, Own::build).unwrap()).unwrap()
}

fn weight<'a>(weights: &'a Weights, wanted: &str) -> &'a TensorData {
    weights.iter().find(|(name, _)| *name == wanted).unwrap().1
}

/// A module with one stack.
#[derive(Module, Debug)]
struct Wrapped {
    stack: SequentialNetwork,
}

impl Wrapped {
    fn new(stack: Sequential) -> Self {
        Init::build(&Device::flex(), 0, |init| Ok(Self { stack: stack.build(init)? })).unwrap()
    }
}

fn ids(shape: [usize; 2]) -> Value {
    Value::Integers(Tensor::<2, Int>::zeros(shape, &Device::flex()))
}

#[test]
fn a_mismatched_shape_is_named_with_the_layer_and_both_shapes() {
    for (stack, input, layer, shapes) in [
        (Sequential::new([4, 3]).lstm(2), counting(&[2, 3]), "lstm", ["[2, 3]", "[4, 3]"]),
        (Sequential::new([4, 3]).lstm(2), counting(&[2, 4, 5]), "lstm", ["[2, 4, 5]", "[4, 3]"]),
        (
            Sequential::new([4, 4, 1]).conv2d(2, [2, 2], Relu),
            counting(&[2, 4, 4]),
            "conv2d",
            ["[2, 4, 4]", "[4, 4, 1]"],
        ),
        (
            Sequential::new([4, 4, 1]).max_pooling2d([2, 2]),
            counting(&[2, 16]),
            "max_pooling2d",
            ["[2, 16]", "[4, 4, 1]"],
        ),
        (Sequential::new(5).embedding(9, 2), counting(&[2, 5, 1]), "embedding", ["[2, 5, 1]", "[5]"]),
        (Sequential::new(5).embedding(9, 2), ids([2, 4]), "embedding", ["[2, 4]", "[5]"]),
        (Sequential::new(3).dense(2, Relu), counting(&[2, 4]), "dense", ["[2, 4]", "[3]"]),
    ] {
        let wrapped = Wrapped::new(stack);
        for pass in common::passes() {
            let error = wrapped.stack.call(input.clone(), &pass).unwrap_err();
            assert!(matches!(&error, ModelError::Layer { layer: named, .. } if named == layer), "{error}");
            let message = error.to_string();
            assert!(shapes.iter().all(|shape| message.contains(shape)), "{shapes:?} in {message:?}");
        }
    }
}

#[test]
fn floats_for_an_embedding_are_an_error_that_names_the_layer() {
    let wrapped = Wrapped::new(Sequential::new(5).embedding(9, 2));
    let error = wrapped.stack.call(counting(&[2, 5]), &Pass::inference()).unwrap_err().to_string();
    let expected =
        "layer embedding: a batch of shape [2, 5] does not hold integers: give ids or class indices";
    assert_eq!(error, expected);
}

/// Without a stack, which would check the shape first.
#[test]
fn a_layer_without_a_stack_rejects_another_rank() {
    let layers: [(&dyn Layer, &[usize], &[usize]); 4] = [
        (&Lstm::new(2), &[4, 3], &[2, 3]),
        (&Conv2d::new(2, [2, 2]), &[4, 4, 1], &[2, 4, 4]),
        (&MaxPooling2d::new([2, 2]), &[4, 4, 1], &[2, 4, 4]),
        (&Embedding::new(9, 2), &[5], &[2, 5, 1]),
    ];
    for (layer, shape, given) in layers {
        let module = Init::build(&Device::flex(), 0, |init| layer.build(shape, init)).unwrap();
        let error = module.forward(counting(given), &Pass::inference()).unwrap_err();
        assert!(matches!(error, ModelError::Input(_)), "{error}");
        assert!(error.to_string().contains(&format!("{given:?}")), "{error}");
    }
}

#[test]
fn a_stack_takes_one_input() {
    let wrapped = Wrapped::new(Sequential::new(3).dense(2, Relu));
    let inputs = vec![counting(&[2, 3]), counting(&[2, 3])];
    let error = wrapped.stack.forward(inputs, &Pass::inference()).unwrap_err().to_string();
    assert_eq!(error, "a Sequential has one input, found 2: give one");
}

#[test]
fn stacks_of_one_init_differ_and_a_seed_reproduces_them() {
    let weights = own(3);
    let kernel = |stack: &str| weight(&weights, &format!("{stack}.layers.0.kernel")).clone();
    assert_ne!(kernel("first"), kernel("second"));
    assert_eq!(own(3), weights);
    assert_ne!(own(4), weights);
}

#[test]
fn two_calls_of_a_stack_draw_different_masks_and_a_seed_reproduces_them() {
    let wrapped = Wrapped::new(Sequential::new(100).dropout(0.5));
    let masks = |pass: &Pass| {
        let call = || numbers(wrapped.stack.call(value(&[1.0; 100], &[1, 100]), pass).unwrap());
        [call(), call()]
    };
    let [first, second] = masks(&Pass::training(7, 2));
    assert_ne!(first, second);
    assert_eq!(masks(&Pass::training(7, 2)), [first.clone(), second.clone()]);
    // No mask of another step or seed is the same.
    for pass in [Pass::training(7, 3), Pass::training(8, 2)] {
        let others = masks(&pass);
        assert!(!others.contains(&first) && !others.contains(&second));
    }
    assert_eq!(masks(&Pass::inference()), [vec![1.0; 100], vec![1.0; 100]]);
}

/// Burn's initializers draw from a generator that all threads share.
#[test]
fn burns_initializers_give_the_same_weights_on_eight_threads_at_once() {
    const SEEDS: u64 = 6;
    // Reads each weight and lets other threads run: they would draw between two weights if they did not wait.
    let draw = |init: &mut Init| {
        let layer = LinearConfig::new(32, 32).init(init.device());
        layer.weight.val();
        thread::yield_now();
        layer
    };
    let drawn = |seed| {
        let build = |init: &mut Init| Ok((0..16).map(|_| draw(init)).collect::<Vec<Linear>>());
        let layers = Init::build(&Device::flex(), seed, build).unwrap();
        layers.iter().map(|layer| layer.weight.val().into_data()).collect::<Vec<_>>()
    };
    let alone: Vec<Vec<TensorData>> = (0..SEEDS).map(drawn).collect();
    assert_ne!(alone[0], alone[1]);
    let together = Barrier::new(8);
    thread::scope(|scope| {
        for first in 0..8 {
            let (alone, together) = (&alone, &together);
            scope.spawn(move || {
                // The threads use different seeds at the same time.
                for seed in (0..5 * SEEDS).map(|seed| (first + seed) % SEEDS) {
                    together.wait();
                    assert!(drawn(seed) == alone[seed as usize], "seed {seed}");
                }
            });
        }
    });
}

#[test]
fn nested_builds_give_the_same_weights_and_release_the_generator() {
    #[derive(Module, Debug)]
    struct Outer {
        before: Linear,
        inner: Own,
        after: SequentialNetwork,
    }

    let outer = || {
        let build = |init: &mut Init| {
            Ok(Outer {
                before: LinearConfig::new(4, 4).init(init.device()),
                inner: Init::build(init.device(), 5, Own::build)?,
                after: Sequential::new(4).dense(4, Softmax).build(init)?,
            })
        };
        Init::build(&Device::flex(), 9, build).unwrap()
    };
    let built = outer();
    assert_eq!(Weights::of(&built.inner).unwrap(), own(5));
    // A build on another thread would block forever if the generator were still reserved.
    let again = thread::spawn(move || outer().before.weight.val().into_data()).join().unwrap();
    assert_eq!(again, built.before.weight.val().into_data());
    assert_eq!(built.after.outputs()[0].shape, [4]);
}

/// An error in the closure must release the generator too.
#[test]
fn a_failed_build_releases_the_generator() {
    let failed = Init::build(&Device::flex(), 0, |init| Sequential::new(3).dense(0, Identity).build(init));
    assert_eq!(failed.map(|_| ()).unwrap_err().to_string(), "layer dense: units is 0: give at least 1");
    assert_eq!(thread::spawn(|| own(1)).join().unwrap(), own(1));
}
