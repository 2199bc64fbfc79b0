//! Compares each fused CPU operation with the tensor operations that it replaces.
//!
//! ```sh
//! cargo bench --locked --bench operations [-- NAME]
//! ```
//!
//! For layers, the forward and backward pass is measured, including the gradients of the weights. The `plain`
//! variants are those that other backends use: tensor operations for layers and losses, and Burn's optimizer with our
//! update rule for optimizers.

use std::{fmt, sync::Arc};

use burn::{
    module::Module,
    nn::LinearConfig,
    optim::GradientsParams,
    tensor::{Device, Distribution, Int, Tensor, TensorData, activation::log_softmax},
};
use divan::Bencher;
use kindling_data::SparseRows;
use kindling_models::{
    Init, Pass, Sequential, SequentialNetwork, SparseTensor, Value,
    activations::{Linear, Relu},
    layers::{Dropout, Gru, SimpleRnn},
};
use kindling_ops::{
    ForwardPass, Given,
    kernel::Kernel,
    kernels::{Classes, SigmoidCrossEntropy, SoftmaxCrossEntropy},
    update::{Adam as AdamRule, Gradient, RmsProp as RmsPropRule, Rule, Sgd as SgdRule, WeightState},
};
use kindling_train::optimizers::{Adam, Optimizer, RmsProp, Sgd};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// Layers, with a batch of samples.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    stack: fn() -> Sequential,
    input: fn() -> Value,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

const CASES: [Case; 12] = [
    Case {
        name: "dense 784-512, 19% of pixels, batch 128",
        stack: || Sequential::new(784).dense(512, Relu),
        input: || sparse(128, 784, 150, true),
    },
    Case {
        name: "dense 784-512, batch 128",
        stack: || Sequential::new(784).dense(512, Relu),
        input: || uniform([128, 784]).into(),
    },
    Case {
        name: "dense 512-10, batch 128",
        stack: || Sequential::new(512).dense(10, Linear),
        input: || uniform([128, 512]).into(),
    },
    Case {
        name: "dense 10000-16, 120 words, batch 512",
        stack: || Sequential::new(10_000).dense(16, Relu),
        input: || sparse(512, 10_000, 120, false),
    },
    Case {
        name: "dense 13-64-64-1, batch 1",
        stack: || Sequential::new(13).dense(64, Relu).dense(64, Relu).dense(1, Linear),
        input: || uniform([1, 13]).into(),
    },
    Case {
        name: "dropout between 512-512, batch 128",
        stack: || Sequential::new(512).dense(512, Relu).layer(Dropout::new(0.5)).dense(10, Linear),
        input: || uniform([128, 512]).into(),
    },
    Case {
        name: "embedding of 200 words, batch 512",
        stack: || Sequential::new(200).embedding(10_000, 8),
        input: || Value::Integers(ids([512, 200], 10_000)),
    },
    Case {
        name: "LSTM 64 on 28 x 28, batch 64",
        stack: || Sequential::new([28, 28]).lstm(64),
        input: || uniform([64, 28, 28]).into(),
    },
    Case {
        name: "GRU 64 on 28 x 28, batch 64",
        stack: || Sequential::new([28, 28]).layer(Gru::new(64)),
        input: || uniform([64, 28, 28]).into(),
    },
    Case {
        name: "SimpleRNN 64 on 28 x 28, batch 64",
        stack: || Sequential::new([28, 28]).layer(SimpleRnn::new(64)),
        input: || uniform([64, 28, 28]).into(),
    },
    Case {
        name: "convolution 32 of 3 x 3, pooled, batch 64",
        stack: || Sequential::new([28, 28, 1]).conv2d(32, [3, 3], Relu).max_pooling2d([2, 2]),
        input: || uniform([64, 28, 28, 1]).into(),
    },
    Case {
        name: "convolution 64 of 3 x 3 x 32, batch 64",
        stack: || Sequential::new([13, 13, 32]).conv2d(64, [3, 3], Relu),
        input: || uniform([64, 13, 13, 32]).into(),
    },
];

/// Forward and backward passes of layers.
mod layers {
    use super::*;

    #[divan::bench(args = CASES)]
    fn kernels(bencher: Bencher, case: &Case) {
        let (network, input) = (network(&(case.stack)()).valid(), (case.input)());
        let step = || {
            let pass = network.kernel_pass(&input, &Pass::training(0, 0)).expect("the batch fits");
            let (pass, output) = pass.expect("each layer has a kernel");
            pass.backward(&mut vec![1.0; output.shape().iter().product()])
        };
        step();
        bencher.bench_local(step);
    }

    #[divan::bench(args = CASES)]
    fn plain(bencher: Bencher, case: &Case) {
        let (network, input) = (network(&(case.stack)()).train(), (case.input)().autodiff());
        let step = || {
            let outputs =
                network.layer_outputs(input.clone(), &Pass::training(0, 0)).expect("the batch fits");
            outputs.last().expect("there is a layer").clone().flatten().sum().backward()
        };
        step();
        bencher.bench_local(step);
    }
}

/// Losses with their gradients, for a batch of 512.
mod losses {
    use super::*;

    const BATCH: usize = 512;
    const CLASSES: usize = 46;

    #[divan::bench]
    fn softmax_cross_entropy_kernel(bencher: Bencher) {
        let classes = ids([1, BATCH], CLASSES).into_data().iter::<i32>().collect::<Vec<_>>();
        let kernel = SoftmaxCrossEntropy { targets: Classes::One(classes), units: CLASSES };
        by_kernel(bencher, Arc::new(kernel), uniform([BATCH, CLASSES]));
    }

    #[divan::bench]
    fn softmax_cross_entropy_plain(bencher: Bencher) {
        let classes = ids([1, BATCH], CLASSES).swap_dims(0, 1);
        let classes = Tensor::<2, Int>::from_inner(classes);
        plain(bencher, uniform([BATCH, CLASSES]), |x| log_softmax(x, 1).gather(1, classes.clone()).neg());
    }

    #[divan::bench]
    fn sigmoid_cross_entropy_kernel(bencher: Bencher) {
        let targets = (0..BATCH).map(|i| (i % 2) as f32).collect();
        by_kernel(bencher, Arc::new(SigmoidCrossEntropy { targets, units: 1 }), uniform([BATCH, 1]));
    }

    #[divan::bench]
    fn sigmoid_cross_entropy_plain(bencher: Bencher) {
        let targets: Vec<f32> = (0..BATCH).map(|i| (i % 2) as f32).collect();
        let targets = Tensor::<2>::from_data(TensorData::new(targets, [BATCH, 1]), &Device::flex());
        let targets = Tensor::from_inner(targets);
        plain(bencher, uniform([BATCH, 1]), |x| {
            let positive = x.clone().detach().greater_equal_elem(0.0).float();
            let negative_size = x.clone() * positive.clone().mul_scalar(-2.0).add_scalar(1.0);
            x * (positive - targets.clone()) + negative_size.exp().log1p()
        });
    }

    fn by_kernel(bencher: Bencher, kernel: Arc<dyn Kernel>, logits: Tensor<2>) {
        let shape = [BATCH, kernel.outputs()];
        bencher.bench_local(|| {
            let given = Given::Dense(Box::new(logits.clone().into()));
            let pass = ForwardPass::run(kernel.clone(), given, Vec::new(), shape);
            let (pass, _) = pass.expect("the logits are on the CPU");
            pass.backward(&mut vec![1.0; shape[0] * shape[1]], &[], true)
        });
    }

    fn plain(bencher: Bencher, logits: Tensor<2>, loss: impl Fn(Tensor<2>) -> Tensor<2>) {
        let logits = Tensor::from_inner(logits);
        bencher.bench_local(|| loss(logits.clone().require_grad()).sum().backward());
    }
}

/// Updates of 784 × 512 weights.
mod optimizers {
    use super::*;

    const SHAPE: [usize; 2] = [784, 512];

    #[divan::bench]
    fn rmsprop_in_place(bencher: Bencher) {
        in_place(bencher, &RmsPropRule { rho: 0.9, momentum: 0.0, epsilon: 1e-7, centered: false });
    }

    #[divan::bench]
    fn rmsprop_plain(bencher: Bencher) {
        plain(bencher, &RmsProp::default());
    }

    #[divan::bench]
    fn adam_in_place(bencher: Bencher) {
        in_place(bencher, &AdamRule { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, amsgrad: false });
    }

    #[divan::bench]
    fn adam_plain(bencher: Bencher) {
        plain(bencher, &Adam::default());
    }

    #[divan::bench]
    fn sgd_momentum_in_place(bencher: Bencher) {
        in_place(bencher, &SgdRule { momentum: 0.9, nesterov: false });
    }

    #[divan::bench]
    fn sgd_momentum_plain(bencher: Bencher) {
        plain(bencher, &Sgd::new(0.01).momentum(0.9));
    }

    /// Measures the update with the factored gradient of the first layer of a network for MNIST.
    #[divan::bench]
    fn rmsprop_in_place_of_sparse_pixels(bencher: Bencher) {
        let network = network(&Sequential::new(SHAPE[0]).dense(SHAPE[1], Relu)).valid();
        let input = sparse(128, SHAPE[0], 150, true);
        let pass = network.kernel_pass(&input, &Pass::training(0, 0)).expect("the batch fits");
        let (pass, _) = pass.expect("the layer has a kernel");
        let (_, gradients) = pass.backward(&mut vec![1.0; 128 * SHAPE[1]]);
        let outer = gradients.outer.expect("the batch is sparse");
        step(
            bencher,
            &RmsPropRule { rho: 0.9, momentum: 0.0, epsilon: 1e-7, centered: false },
            Gradient::Outer(&outer),
        );
    }

    fn in_place(bencher: Bencher, rule: &dyn Rule) {
        let gradient: Vec<f32> = uniform(SHAPE).into_data().try_into_vec().expect("the values are f32");
        step(bencher, rule, Gradient::Dense(&gradient));
    }

    fn step(bencher: Bencher, rule: &dyn Rule, gradient: Gradient) {
        let mut weight: Vec<f32> = uniform(SHAPE).into_data().try_into_vec().expect("the values are f32");
        let mut state = WeightState::new(rule, weight.len());
        bencher.bench_local(|| state.step(rule, 1e-3, &mut weight, gradient));
    }

    fn plain(bencher: Bencher, optimizer: &dyn Optimizer) {
        let mut optimizer = optimizer.build().expect("the defaults are valid");
        let layer = LinearConfig::new(SHAPE[0], SHAPE[1]).with_bias(false);
        let mut layer = Some(layer.init(&Device::flex().autodiff()));
        let gradient = uniform(SHAPE);
        bencher.bench_local(|| {
            let module = layer.take().expect("the layer is put back after each step");
            let mut gradients = GradientsParams::new();
            gradients.register(module.weight.id, gradient.clone());
            layer = Some(optimizer.step(1e-3, module, gradients));
        });
    }
}

fn network(stack: &Sequential) -> SequentialNetwork {
    Init::build(&Device::flex(), 0, |init| stack.build(init)).expect("the layers fit together")
}

fn uniform<const D: usize>(shape: [usize; D]) -> Tensor<D> {
    Tensor::random(shape, Distribution::Uniform(-1.0, 1.0), &Device::flex())
}

fn ids(shape: [usize; 2], below: usize) -> Tensor<2, Int> {
    Tensor::random(shape, Distribution::Uniform(0.0, below as f64), &Device::flex())
}

/// Creates sparse samples with `values` values each, spread over all columns.
fn sparse(samples: usize, width: usize, values: usize, pixels: bool) -> Value {
    let columns = (0..samples).flat_map(|sample| {
        let places =
            (0..values).map(move |value| (value * width / values + sample * 7 % (width / values)) as u32);
        places.collect::<Vec<_>>()
    });
    let columns: Vec<u32> = columns.collect();
    let offsets = (0..=samples).map(|sample| (sample * values) as u32).collect();
    let numbers = pixels.then(|| (0..columns.len()).map(|place| (place % 255 + 1) as f32 / 255.0).collect());
    Value::Sparse(SparseTensor::new(SparseRows::new(offsets, columns, numbers, vec![width]), &Device::flex()))
}
