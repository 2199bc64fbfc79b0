//! Edge cases.

use std::fs;

use crate::common::{
    AtEpochEnd, assert_close, classes, classifier, constant, data, floats, flowers, numbers, parameters,
    script, standstill, values,
};
use burn::{
    module::Module,
    nn::{Linear, LinearConfig},
    tensor::{Device, TensorData},
};
use kindling_data::{Samples, to_categorical};
use kindling_models::{
    Init, InputSpec, ModelError, Network, OutputSpec, Pass, Sequential, Value, Weights,
    activations::{Linear as Identity, Relu, Softmax},
    layers::Dense,
};
use kindling_train::{
    Callback, Compile, FitOptions, Model, TrainError, Training,
    callbacks::{CsvLogger, ModelCheckpoint},
    losses::{MeanSquaredError, SparseCategoricalCrossentropy},
    metrics::{Accuracy, CategoricalAccuracy, Direction, TopKCategoricalAccuracy},
    optimizers::Sgd,
};

/// A network with one input and two outputs.
#[derive(Module, Debug)]
struct Pair {
    a: Linear,
    b: Linear,
}

impl Pair {
    fn build(init: &mut Init) -> Result<Self, ModelError> {
        let layer = || LinearConfig::new(1, 2).init(init.device());
        Ok(Self { a: layer(), b: layer() })
    }
}

impl Network for Pair {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([1])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        let output = |name: &str| OutputSpec::new(name, [2]).activation(Softmax);
        vec![output("a"), output("b")]
    }

    fn forward(&self, mut inputs: Vec<Value>, _: &Pass) -> Result<Vec<Value>, ModelError> {
        let x = inputs.swap_remove(0).flatten();
        Ok([&self.a, &self.b].map(|layer| layer.forward(x.clone()).into()).into())
    }
}

fn pair(device: &Device) -> (Model<Pair>, Samples) {
    let compiling = Model::new(Pair::build, standstill(), SparseCategoricalCrossentropy, [Accuracy]);
    let model = compiling.on(device).unwrap();
    let targets = vec![classes(&[0, 1]), classes(&[1, 1])];
    (model, Samples::with_columns(vec![floats(&[1.0, 2.0], [2])], targets).unwrap())
}

fn one() -> FitOptions {
    FitOptions::new().batch_size(1)
}

/// A callback that logs a value from the second epoch on.
fn late() -> AtEpochEnd<impl FnMut(&mut Training) -> Result<(), TrainError>> {
    AtEpochEnd(|training: &mut Training| {
        if training.epoch > 0 {
            training.log("late", training.epoch as f64);
        }
        Ok(())
    })
}

#[test]
fn results_are_equal_on_plain_and_autodiff_devices() {
    let [plain, autodiff] = [Device::flex(), Device::flex().autodiff()].map(|device| {
        let (mut model, samples) = pair(&device);
        model.fit(&samples, &one()).unwrap()
    });
    assert!(plain.get("a_loss")[0] > 0.0);
    assert_eq!(plain, autodiff);
}

#[test]
fn network_without_weights_can_be_trained_and_evaluated() {
    let network = Sequential::new(4).activation(Softmax);
    let compiling = network.compile(standstill(), SparseCategoricalCrossentropy, [Accuracy]);
    let mut model = compiling.on(&Device::flex()).unwrap();
    let samples = flowers(8);
    let history = model.fit(&samples, &one()).unwrap();
    assert_close(history.get("loss"), &[model.evaluate(&samples).unwrap().loss().unwrap()], 1e-6);
}

#[test]
fn softmax_on_a_sequence_gives_probabilities_at_each_step() {
    let network = Sequential::new([2, 3]).dense(2, Softmax);
    let model = network.compile(standstill(), MeanSquaredError, ()).on(&Device::flex()).unwrap();
    let inputs = floats(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [1, 2, 3]);
    let predictions = model.predict(&Samples::inputs_only(inputs)).unwrap();
    let sums: Vec<f64> =
        values(&predictions).chunks(2).map(|step| f64::from(step[0]) + f64::from(step[1])).collect();
    assert_close(&sums, &[1.0, 1.0], 1e-6);
}

#[test]
fn metrics_with_the_same_name_are_numbered() {
    let network = Sequential::new(4).dense(3, Softmax);
    let metrics = [TopKCategoricalAccuracy::new(1), TopKCategoricalAccuracy::new(2)];
    let compiling = network.compile(standstill(), SparseCategoricalCrossentropy, metrics);
    let model = compiling.on(&Device::flex()).unwrap();
    let logs = model.evaluate(&flowers(20)).unwrap();
    let names: Vec<&str> = logs.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["loss", "top_k_categorical_accuracy", "top_k_categorical_accuracy_1"]);
}

#[test]
fn metrics_of_several_outputs_are_named_after_them() {
    let (model, samples) = pair(&Device::flex());
    let logs = model.evaluate(&samples).unwrap();
    assert!(logs.get("a_accuracy").is_some() && logs.get("b_accuracy").is_some(), "{logs}");
}

#[test]
fn targets_with_many_axes_are_an_error() {
    let samples = Samples::new(floats(&[1.0], [1]), floats(&[1.0], [1, 1, 1, 1, 1])).unwrap();
    let error = constant(standstill(), ()).fit(&samples, &one()).unwrap_err();
    assert!(error.to_string().contains("1 to 4 axes are supported"), "{error}");
}

#[test]
fn value_logged_late_is_in_the_rows_of_its_epochs() {
    let mut model = constant(standstill(), ());
    let history = model.fit_with(&numbers(&[1.0]), &one().epochs(3), &mut [&mut late()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.csv");
    history.save_csv(&path).unwrap();
    assert_eq!(fs::read_to_string(path).unwrap(), "epoch,loss,late\n1,1,\n2,1,1\n3,1,2\n");
}

#[test]
fn value_logged_late_is_not_an_error_with_a_csv_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = CsvLogger::new(folder.path().join("log.csv"));
    let mut model = constant(standstill(), ());
    let history = model.fit_with(&numbers(&[1.0]), &one().epochs(3), &mut [&mut late(), &mut log]);
    assert_eq!(history.unwrap().epochs(), 3);
}

#[test]
fn accuracy_uses_the_predictions_after_activation() {
    // Both units are negative, and equal after ReLU. As in Keras, the first one wins ties.
    let network = Sequential::new(2).layer(Dense::new(2).activation(Relu).use_bias(false));
    let compiling = network.compile(standstill(), MeanSquaredError, [CategoricalAccuracy]);
    let mut model = compiling.on(&Device::flex()).unwrap();
    let kernel = ("dense.kernel".to_owned(), data(&[1.0, 0.0, 0.0, 1.0], [2, 2]));
    model.set_weights(&Weights::from_tensors(vec![kernel])).unwrap();
    let one_hot = kindling_data::Column::floats(to_categorical(&[0], 2).unwrap()).unwrap();
    let samples = Samples::new(floats(&[-2.0, -1.0], [1, 2]), one_hot).unwrap();
    assert_eq!(model.evaluate(&samples).unwrap().get("categorical_accuracy"), Some(1.0));
}

#[test]
fn checkpoint_mode_can_be_set_before_the_metric() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("best");
    let mut checkpoint = ModelCheckpoint::new(&path).mode(Direction::Max).save_best_only("score");
    let figures: &[f64] = &[1.0, 2.0];
    let mut model = constant(Sgd::new(0.125), ());
    let callbacks: &mut [&mut dyn Callback] = &mut [&mut script("score", figures), &mut checkpoint];
    model.fit_with(&numbers(&[1.0]), &one().epochs(2), callbacks).unwrap();
    let last = parameters(&model.weights().unwrap());
    model.set_weights(&Weights::read(&path).unwrap()).unwrap();
    assert_eq!(parameters(&model.weights().unwrap()), last);
}

#[test]
fn a_checkpoint_creates_its_directory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/weights.safetensors");
    let mut checkpoint = ModelCheckpoint::new(&path);
    constant(standstill(), ()).fit_with(&numbers(&[1.0]), &one(), &mut [&mut checkpoint]).unwrap();
    assert!(path.exists());
}

#[test]
fn checkpoint_fills_in_placeholders_like_keras() {
    let folder = tempfile::tempdir().unwrap();
    let mut checkpoint = ModelCheckpoint::new(folder.path().join("{epoch:02d}-{loss:.2f}.safetensors"));
    constant(standstill(), ()).fit_with(&numbers(&[1.0]), &one(), &mut [&mut checkpoint]).unwrap();
    assert!(folder.path().join("01-1.00.safetensors").exists());
}

#[test]
fn only_labels_of_samples_in_a_view_are_checked() {
    let samples = Samples::new(floats(&[0.0; 16], [4, 4]), classes(&[0, 1, 2, -1])).unwrap();
    assert!(classifier(0).evaluate(&samples.slice(0..3)).is_ok());
}

#[test]
fn error_in_validation_data_says_so() {
    let other = Samples::new(floats(&[0.0; 6], [2, 3]), classes(&[0, 1])).unwrap();
    let error = classifier(0).fit(&flowers(10), &one().validation_data(&other)).unwrap_err();
    assert!(error.to_string().contains("validation"), "{error}");
}

#[test]
fn histories_of_the_same_seed_are_equal() {
    let run = || classifier(0).fit(&flowers(64), &FitOptions::new()).unwrap();
    assert!(run() == run());
}

#[test]
fn json_round_trip_of_an_architecture_is_lossless() {
    let network = Sequential::new(3).dropout(0.9248640249724619).dense(1, Identity);
    let json = serde_json::to_string(&network).unwrap();
    assert_eq!(serde_json::from_str::<Sequential>(&json).unwrap(), network);
}

#[test]
fn class_indices_beyond_32_bits_are_errors() {
    assert!(kindling_data::Column::classes(TensorData::new(vec![1_i64 << 32], [1])).is_err());
}
