//! Steps with fused kernels and steps with an autodiff graph give the same results.

use burn::{
    module::Module,
    tensor::{Device, Tensor},
};
use kindling_data::{Column, Samples};
use kindling_models::{
    InputSpec, IntoPart, ModelError, Network, OutputSpec, Part, Pass, Regularizer, Sequential,
    SequentialNetwork, Value, Weights,
    activations::{Linear, Relu, Sigmoid, Softmax},
    layers::Dense,
};
use kindling_train::{
    FitOptions, Model, Objective,
    losses::{
        BinaryCrossentropy, CategoricalCrossentropy, Loss, MeanAbsoluteError, MeanSquaredError,
        SparseCategoricalCrossentropy,
    },
    optimizers::{Adam, AdamW, Optimizer, RmsProp, Sgd},
};

use crate::common::{classes, floats, scattered};

/// Wraps a `Sequential` so that it is not recognized as one, and steps need a graph.
#[derive(Module, Debug)]
struct Wrapped {
    stack: SequentialNetwork,
}

impl Network for Wrapped {
    fn inputs(&self) -> Vec<InputSpec> {
        self.stack.inputs()
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        self.stack.outputs()
    }

    fn forward(&self, inputs: Vec<Value>, pass: &Pass) -> Result<Vec<Value>, ModelError> {
        self.stack.forward(inputs, pass)
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        self.stack.penalty()
    }
}

/// Trains for two epochs. Returns the losses and the weights.
fn trained<N: Network>(mut model: Model<N>, samples: &Samples) -> (Vec<f64>, Weights) {
    let history = model.fit(samples, &FitOptions::new().epochs(2).batch_size(5)).unwrap();
    (history.get("loss").to_vec(), model.weights().unwrap())
}

fn assert_same(
    stack: &Sequential,
    optimizer: impl IntoPart<dyn Optimizer>,
    loss: impl IntoPart<dyn Loss>,
    samples: &Samples,
) {
    let (optimizer, loss): (Part<dyn Optimizer>, Part<dyn Loss>) = (optimizer.into_part(), loss.into_part());
    let objective = || [Objective::new(loss.clone()).weight(0.5)];
    let direct = Model::new(|init| stack.build(init), optimizer.clone(), loss.clone(), ());
    let direct = direct.objectives(objective()).seed(3).on(&Device::flex()).unwrap();
    let graph = |init: &mut _| Ok(Wrapped { stack: stack.build(init)? });
    let graph = Model::new(graph, optimizer, loss.clone(), ()).objectives(objective()).seed(3);
    let ((losses, weights), (expected_losses, expected)) =
        (trained(direct, samples), trained(graph.on(&Device::flex()).unwrap(), samples));
    for (own, expected) in losses.iter().zip(&expected_losses) {
        assert!((own - expected).abs() < 1e-6, "{stack:?}: {losses:?} and {expected_losses:?}");
    }
    for ((name, own), (_, expected)) in weights.iter().zip(expected.iter()) {
        for (own, expected) in own.iter::<f32>().zip(expected.iter::<f32>()) {
            assert!((own - expected).abs() < 1e-6, "{stack:?}, {name}: {own} and {expected}");
        }
    }
}

const SAMPLES: usize = 12;

fn inputs() -> Column {
    floats(&(0..SAMPLES as u64 * 6).map(scattered).collect::<Vec<_>>(), [SAMPLES, 6])
}

fn numbers(units: usize) -> Column {
    floats(&(0..(SAMPLES * units) as u64).map(|i| scattered(i + 99)).collect::<Vec<_>>(), [SAMPLES, units])
}

fn labels(count: i32) -> Column {
    classes(&(0..SAMPLES as i32).map(|i| i % count).collect::<Vec<_>>())
}

#[test]
fn losses_with_kernels() {
    let stack = |units, activation: Part<dyn kindling_models::activations::Activation>| {
        Sequential::new(6).dense(8, Relu).dropout(0.25).dense(units, activation)
    };
    let samples = Samples::new(inputs(), numbers(3)).unwrap();
    assert_same(&stack(3, Linear.into_part()), RmsProp::new(0.01), MeanSquaredError, &samples);
    assert_same(&stack(3, Linear.into_part()), Adam::default(), MeanAbsoluteError, &samples);
    // Mean squared error has no kernel after a sigmoid.
    assert_same(&stack(3, Sigmoid.into_part()), Adam::default(), MeanSquaredError, &samples);
    let samples = Samples::new(inputs(), labels(3)).unwrap();
    assert_same(&stack(3, Softmax.into_part()), Sgd::new(0.1), SparseCategoricalCrossentropy, &samples);
    let shares: Vec<f32> = (0..SAMPLES * 3).map(|i| [0.5, 0.25, 0.25][i % 3]).collect();
    let samples = Samples::new(inputs(), floats(&shares, [SAMPLES, 3])).unwrap();
    let loss = CategoricalCrossentropy::label_smoothing(0.1);
    assert_same(&stack(3, Softmax.into_part()), RmsProp::default(), loss, &samples);
    let samples = Samples::new(inputs(), labels(2)).unwrap();
    assert_same(&stack(1, Sigmoid.into_part()), AdamW::default(), BinaryCrossentropy::default(), &samples);
}

#[test]
fn sample_weights_and_sequences() {
    let weights: Vec<f32> = (0..SAMPLES).map(|i| i as f32 / 4.0).collect();
    let samples = Samples::new(inputs(), numbers(2)).unwrap().with_sample_weight(weights.clone()).unwrap();
    let stack = Sequential::new(6).dense(8, Relu).dense(2, Linear);
    assert_same(&stack, RmsProp::new(0.01), MeanSquaredError, &samples);
    let steps = floats(&(0..SAMPLES as u64 * 6).map(scattered).collect::<Vec<_>>(), [SAMPLES, 3, 2]);
    let targets = floats(&[0.5; SAMPLES * 3], [SAMPLES, 3, 1]);
    let samples = Samples::new(steps, targets).unwrap().with_sample_weight(weights).unwrap();
    let stack = Sequential::new([3, 2]).dense(4, Relu).dense(1, Linear);
    assert_same(&stack, Adam::new(0.01), MeanSquaredError, &samples);
}

#[test]
fn penalties_frozen_layers_weight_decay_and_clipping() {
    let samples = Samples::new(inputs(), numbers(2)).unwrap();
    let regular = Dense::new(8).activation(Relu).kernel_regularizer(Regularizer::l1_l2(0.01, 0.02));
    let stack = Sequential::new(6).layer(regular.clone()).dense(2, Linear);
    assert_same(&stack, RmsProp::new(0.01), MeanSquaredError, &samples);
    let frozen = Sequential::new(6).layer(regular).frozen().dense(2, Linear);
    assert_same(&frozen, RmsProp::new(0.01).weight_decay(0.1), MeanSquaredError, &samples);
    assert_same(&stack, Adam::new(0.01).global_clipnorm(0.1), MeanSquaredError, &samples);
}

#[test]
fn sparse_samples_and_ids() {
    for (width, units) in [(7, 16), (400, 16), (400, 40), (400, 80)] {
        let texts = (0..SAMPLES as u32).map(|i| [i % 7, 7 + i % 3].map(|word| word % width));
        let texts = Column::multi_hot(texts.collect::<Vec<_>>(), width as usize).unwrap();
        let samples = Samples::new(texts, labels(2)).unwrap();
        let regular = Dense::new(units).activation(Relu).kernel_regularizer(Regularizer::l2(0.01));
        for stack in [
            Sequential::new(width as usize).dense(units, Relu).dense(1, Sigmoid),
            Sequential::new(width as usize).layer(regular).dense(1, Sigmoid),
        ] {
            assert_same(&stack, RmsProp::new(0.01), BinaryCrossentropy::default(), &samples);
            assert_same(&stack, Adam::new(0.01), BinaryCrossentropy::default(), &samples);
        }
    }
    let ids = (0..SAMPLES as i32 * 4).map(|i| i * 5 % 9).collect::<Vec<_>>();
    let samples = Samples::new(Column::ids((ids, [SAMPLES, 4])).unwrap(), labels(2)).unwrap();
    let stack = Sequential::new(4).embedding(9, 3).flatten().dense(1, Sigmoid);
    assert_same(&stack, RmsProp::new(0.01), BinaryCrossentropy::default(), &samples);
}
