//! Shared helpers of the tests: data and networks that are small enough to verify by hand.

#![allow(dead_code, reason = "each test binary uses only some of the helpers")]

use std::{cell::RefCell, rc::Rc};

use burn::tensor::{Device, TensorData};
use kindling_data::{Column, Samples};
use kindling_models::{
    IntoPart, Sequential, SequentialNetwork, Weights,
    activations::{Linear, Relu, Softmax},
};
use kindling_train::{
    Callback, Compile, History, Model, TrainError, Training,
    experiments::Devices,
    losses::{Loss, MeanSquaredError, SparseCategoricalCrossentropy},
    metrics::{Accuracy, IntoMetrics},
    optimizers::{Optimizer, RmsProp, Sgd},
};

/// Gradient descent with a learning rate so small that no weight changes.
pub fn standstill() -> Sgd {
    Sgd::new(1e-38)
}

pub fn data(values: &[f32], shape: impl Into<Vec<usize>>) -> TensorData {
    TensorData::new(values.to_vec(), shape.into())
}

pub fn floats(values: &[f32], shape: impl Into<Vec<usize>>) -> Column {
    Column::floats(data(values, shape)).unwrap()
}

pub fn classes(labels: &[i32]) -> Column {
    Column::classes(TensorData::new(labels.to_vec(), [labels.len()])).unwrap()
}

/// Samples for regression with one feature, which is always 1.
pub fn numbers(targets: &[f32]) -> Samples {
    Samples::new(floats(&vec![1.0; targets.len()], [targets.len(), 1]), floats(targets, [targets.len()]))
        .unwrap()
}

/// Returns a pseudorandom number from -1 to 1 for an index (SplitMix64).
pub fn scattered(place: u64) -> f32 {
    let mixed = (place + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed >> 40) as f32 / (1 << 23) as f32 - 1.0
}

/// The CPU, with this number of parallel runs.
pub fn cpu(jobs: usize) -> Devices {
    Devices::from(&Device::flex()).jobs(jobs)
}

/// `count` samples with four features. The class is the index of the largest of the first three.
pub fn flowers(count: usize) -> Samples {
    let values: Vec<f32> = (0..count as u64 * 4).map(scattered).collect();
    let label = |sample: &[f32]| (0..3).max_by(|a, b| sample[*a].total_cmp(&sample[*b])).unwrap() as i32;
    let labels: Vec<i32> = values.chunks(4).map(label).collect();
    Samples::new(floats(&values, [count, 4]), classes(&labels)).unwrap()
}

/// A classifier of [`flowers`] with all kinds of randomness: initial weights, shuffling and dropout.
pub fn classifier(seed: u64) -> Model<SequentialNetwork> {
    let network = Sequential::new(4).dense(8, Relu).dropout(0.25).dense(3, Softmax);
    let compiling = network.compile(RmsProp::new(0.01), SparseCategoricalCrossentropy, [Accuracy]);
    compiling.seed(seed).on(&Device::flex()).unwrap()
}

/// A model for [`numbers`] that initially predicts 0.
pub fn constant(
    optimizer: impl IntoPart<dyn Optimizer>,
    metrics: impl IntoMetrics,
) -> Model<SequentialNetwork> {
    let network = Sequential::new(1).dense(1, Linear);
    let mut model = network.compile(optimizer, MeanSquaredError, metrics).on(&Device::flex()).unwrap();
    model.set_weights(&kernel_and_bias(0.0, 0.0)).unwrap();
    model
}

/// A softmax classifier of [`flowers`] with fixed weights and `Sgd::new(0.5)`: the network of the Keras values in the
/// tests of sample and class weights.
pub fn softmax() -> Model<SequentialNetwork> {
    softmax_with(SparseCategoricalCrossentropy)
}

/// Like [`softmax`], with another loss.
pub fn softmax_with(loss: impl IntoPart<dyn Loss>) -> Model<SequentialNetwork> {
    let network = Sequential::new(4).dense(3, Softmax);
    let mut model = network.compile(Sgd::new(0.5), loss, [Accuracy]).on(&Device::flex()).unwrap();
    let kernel: Vec<f32> = (0..12).map(|i| (i as f32 - 6.0) / 8.0).collect();
    let weights = vec![
        ("dense.kernel".into(), data(&kernel, [4, 3])),
        ("dense.bias".into(), data(&[0.25, -0.5, 0.0], [3])),
    ];
    model.set_weights(&Weights::from_tensors(weights)).unwrap();
    model
}

/// The weights of [`constant`].
pub fn kernel_and_bias(kernel: f32, bias: f32) -> Weights {
    Weights::from_tensors(vec![
        ("dense.kernel".into(), data(&[kernel], [1, 1])),
        ("dense.bias".into(), data(&[bias], [1])),
    ])
}

/// Returns all weights of a network in one list.
pub fn parameters(weights: &Weights) -> Vec<f32> {
    weights.iter().flat_map(|(_, data)| values(data).to_vec()).collect()
}

/// Converts numbers to `f64`, for [`assert_close`].
pub fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

pub fn values(data: &TensorData) -> &[f32] {
    data.as_slice().unwrap()
}

#[track_caller]
pub fn assert_close(given: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(given.len(), expected.len(), "expected {expected:?}, got {given:?}");
    let close = |(given, expected): (&f64, &f64)| (given - expected).abs() <= tolerance;
    assert!(given.iter().zip(expected).all(close), "expected {expected:?}, got {given:?}");
}

/// Returns the bytes of the JSON file of a history.
pub fn json(history: &History) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.json");
    history.save_json(&path).unwrap();
    std::fs::read(path).unwrap()
}

/// The values that a callback has recorded during a run.
pub type Notes<T> = Rc<RefCell<Vec<T>>>;

/// A callback that calls a function at the end of each epoch.
pub struct AtEpochEnd<F>(pub F);

impl<F: FnMut(&mut Training) -> Result<(), TrainError>> Callback for AtEpochEnd<F> {
    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.0(training)
    }
}

/// A callback that logs one of these values per epoch under this name, for callbacks that monitor it.
pub fn script(name: &'static str, figures: &'static [f64]) -> impl Callback {
    AtEpochEnd(move |training: &mut Training| {
        training.log(name, figures[training.epoch]);
        Ok(())
    })
}

/// A callback that records the loss of the epoch so far after each step.
#[derive(Default)]
pub struct Running(pub Vec<f64>);

impl Callback for Running {
    fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.0.push(training.logs()?.require("loss")?);
        Ok(())
    }
}
