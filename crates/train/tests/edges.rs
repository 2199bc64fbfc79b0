//! Cases at the edges of what is defined.

mod common;

use std::fs;

use burn::{
    module::Module,
    nn::{Linear, LinearConfig},
    tensor::{Device, TensorData},
};
use common::{
    AtEpochEnd, STANDSTILL, assert_close, classes, classifier, constant, data, floats, flowers, numbers,
    parameters, script, values,
};
use kindling_data::{Samples, to_categorical};
use kindling_models::{
    Activation::{Linear as Identity, Relu, Softmax},
    DenseConfig, Input, InputSpec, Network, OutputSpec, Pass, Sequential, Value, Weights,
};
use kindling_train::{
    Compile, CsvLogger, FitOptions, Loss,
    Metric::{self, Accuracy, TopK},
    Model, ModelCheckpoint,
    callbacks::{Mode, Training},
};

/// One input, two outputs.
#[derive(Module, Debug)]
struct Pair {
    a: Linear,
    b: Linear,
}

impl Pair {
    fn new(device: &Device) -> Self {
        let layer = || LinearConfig::new(1, 2).init(device);
        Self { a: layer(), b: layer() }
    }
}

impl Network for Pair {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([1])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        let output = |name: &str| OutputSpec { name: name.into(), shape: vec![2], activation: Softmax };
        vec![output("a"), output("b")]
    }

    fn forward(&self, mut inputs: Vec<Input>, _pass: Pass) -> Vec<Value> {
        let x = inputs.swap_remove(0).numbers().flatten();
        [&self.a, &self.b].map(|layer| Value::Rank2(layer.forward(x.clone()))).into()
    }
}

fn pair(device: &Device) -> (Model<Pair>, Samples) {
    let loss = Loss::SparseCategoricalCrossentropy;
    let model = Model::new(Pair::new(device), &Device::flex(), 0, STANDSTILL, loss, [Accuracy]).unwrap();
    let targets = vec![classes(&[0, 1]), classes(&[1, 1])];
    (model, Samples::with_columns(vec![floats(&[1.0, 2.0], [2])], targets).unwrap())
}

fn one() -> FitOptions {
    FitOptions::new().batch_size(1)
}

/// Reports a figure in the second epoch and after it.
fn late() -> AtEpochEnd<impl FnMut(&mut Training) -> Result<(), kindling_train::TrainError>> {
    AtEpochEnd(|training: &mut Training| {
        if training.epoch > 0 {
            training.log("late", training.epoch as f64);
        }
        Ok(())
    })
}

#[test]
fn a_network_that_is_not_on_an_autodiff_device_trains_or_is_refused() {
    let (mut model, samples) = pair(&Device::flex());
    let _ = model.fit(&samples, one());
}

#[test]
fn a_network_without_weights_is_measured_and_stays_as_it_is() {
    let network = Sequential::new(4).activation(Softmax);
    let loss = Loss::SparseCategoricalCrossentropy;
    let mut model = network.compile(&Device::flex(), 0, STANDSTILL, loss, [Accuracy]).unwrap();
    let samples = flowers(8);
    let history = model.fit(&samples, one()).unwrap();
    assert_close(history.get("loss"), &[model.evaluate(&samples).unwrap().loss()], 1e-6);
}

#[test]
fn softmax_on_a_sequence_gives_probabilities_at_each_step() {
    let network = Sequential::new([2, 3]).dense(2, Softmax);
    let model = network.compile(&Device::flex(), 0, STANDSTILL, Loss::MeanSquaredError, []).unwrap();
    let inputs = floats(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [1, 2, 3]);
    let predictions = model.predict(&Samples::with_columns(vec![inputs], vec![]).unwrap()).unwrap();
    let sums: Vec<f64> =
        values(&predictions).chunks(2).map(|step| f64::from(step[0]) + f64::from(step[1])).collect();
    assert_close(&sums, &[1.0, 1.0], 1e-6);
}

#[test]
fn two_metrics_of_one_name_are_told_apart_by_a_number() {
    let network = Sequential::new(4).dense(3, Softmax);
    let loss = Loss::SparseCategoricalCrossentropy;
    let model = network.compile(&Device::flex(), 0, STANDSTILL, loss, [TopK(1), TopK(2)]).unwrap();
    let logs = model.evaluate(&flowers(20)).unwrap();
    let names: Vec<&str> = logs.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["loss", "top_k_categorical_accuracy", "top_k_categorical_accuracy_1"]);
}

#[test]
fn metrics_of_several_outputs_are_named_after_them() {
    let (model, samples) = pair(&Device::flex().autodiff());
    let logs = model.evaluate(&samples).unwrap();
    assert!(logs.get("a_accuracy").is_some() && logs.get("b_accuracy").is_some(), "{logs}");
}

#[test]
fn targets_of_many_axes_are_taken_or_refused() {
    let samples = Samples::new(floats(&[1.0], [1]), floats(&[1.0], [1, 1, 1, 1, 1])).unwrap();
    let _ = constant(STANDSTILL, []).fit(&samples, one());
}

#[test]
fn a_figure_that_is_reported_late_stands_in_the_rows_of_its_epochs() {
    let history = constant(STANDSTILL, []).fit(&numbers(&[1.0]), one().epochs(3).callback(late())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.csv");
    history.save_csv(&path).unwrap();
    assert_eq!(fs::read_to_string(path).unwrap(), "epoch,loss,late\n1,1,\n2,1,1\n3,1,2\n");
}

#[test]
fn a_figure_that_is_reported_late_does_not_end_a_run_with_a_csv_log() {
    let folder = tempfile::tempdir().unwrap();
    let log = CsvLogger::new(folder.path().join("log.csv"));
    let options = one().epochs(3).callback(late()).callback(log);
    assert_eq!(constant(STANDSTILL, []).fit(&numbers(&[1.0]), options).unwrap().epochs(), 3);
}

#[test]
fn accuracy_is_that_of_the_predictions() {
    // Both units are negative, and equal after relu; Keras takes the first of equals.
    let network = Sequential::new(2).layer(DenseConfig::new(2).with_activation(Relu).with_use_bias(false));
    let metrics = [Metric::CategoricalAccuracy];
    let mut model = network.compile(&Device::flex(), 0, STANDSTILL, Loss::MeanSquaredError, metrics).unwrap();
    let kernel = ("dense.kernel".to_owned(), data(&[1.0, 0.0, 0.0, 1.0], [2, 2]));
    model.set_weights(&Weights::from_tensors(vec![kernel])).unwrap();
    let one_hot = kindling_data::Column::floats(to_categorical(&[0], 2).unwrap()).unwrap();
    let samples = Samples::new(floats(&[-2.0, -1.0], [1, 2]), one_hot).unwrap();
    assert_eq!(model.evaluate(&samples).unwrap().get("categorical_accuracy"), Some(1.0));
}

#[test]
fn a_checkpoint_may_be_told_the_direction_before_the_figure() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("best");
    let checkpoint = ModelCheckpoint::new(&path).mode(Mode::Max).save_best_only("score");
    let figures: &[f64] = &[1.0, 2.0];
    let optimizer = kindling_train::Sgd { learning_rate: 0.125, ..Default::default() };
    let mut model = constant(optimizer, []);
    let options = one().epochs(2).callback(script("score", figures)).callback(checkpoint);
    model.fit(&numbers(&[1.0]), options).unwrap();
    let last = parameters(&model.weights().unwrap());
    model.set_weights(&Weights::read(&path).unwrap()).unwrap();
    assert_eq!(parameters(&model.weights().unwrap()), last);
}

#[test]
fn a_checkpoint_makes_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/weights.safetensors");
    constant(STANDSTILL, []).fit(&numbers(&[1.0]), one().callback(ModelCheckpoint::new(&path))).unwrap();
    assert!(path.exists());
}

#[test]
fn a_checkpoint_fills_in_keras_placeholders_or_refuses_them() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = ModelCheckpoint::new(folder.path().join("{epoch:02d}-{loss:.2f}.safetensors"));
    if constant(STANDSTILL, []).fit(&numbers(&[1.0]), one().callback(checkpoint)).is_ok() {
        assert!(folder.path().join("01-1.00.safetensors").exists());
    }
}

#[test]
fn labels_are_checked_of_the_samples_that_a_view_shows() {
    let samples = Samples::new(floats(&[0.0; 16], [4, 4]), classes(&[0, 1, 2, -1])).unwrap();
    assert!(classifier(0).evaluate(&samples.slice(0..3)).is_ok());
}

#[test]
fn an_error_about_validation_data_says_so() {
    let other = Samples::new(floats(&[0.0; 6], [2, 3]), classes(&[0, 1])).unwrap();
    let error = classifier(0).fit(&flowers(10), one().validation_data(&other)).unwrap_err();
    assert!(error.to_string().contains("validation"), "{error}");
}

#[test]
fn two_histories_of_one_seed_are_equal() {
    let run = || classifier(0).fit(&flowers(64), FitOptions::new()).unwrap();
    assert!(run() == run());
}

#[test]
fn an_architecture_comes_back_from_json_to_the_last_bit() {
    let network = Sequential::new(3).dropout(0.9248640249724619).dense(1, Identity);
    let json = serde_json::to_string(&network).unwrap();
    assert_eq!(serde_json::from_str::<Sequential>(&json).unwrap(), network);
}

#[test]
fn class_indices_beyond_32_bits_are_refused() {
    assert!(kindling_data::Column::classes(TensorData::new(vec![1_i64 << 32], [1])).is_err());
}
