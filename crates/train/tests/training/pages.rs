//! HTML pages of recorded training runs of different networks.

use burn::{
    module::Module,
    nn::{
        Linear, LinearConfig,
        conv::{Conv2d, Conv2dConfig},
    },
    tensor::{Device, activation::relu},
};
use kindling_data::{Column, Samples};
use kindling_models::{
    Init, InputSpec, ModelError, Network, OutputSpec, Pass, Sequential, Value as Input,
    activations::{Relu, Sigmoid, Softmax},
    layers::{BatchNormalization, Conv1d},
};
use kindling_train::{
    Compile, FitOptions, Model, Recording, TrainError,
    callbacks::{EarlyStopping, Recorder},
    losses::{BinaryCrossentropy, SparseCategoricalCrossentropy},
    metrics::Accuracy,
    optimizers::{Adam, Sgd},
    report::RecordingPage,
};
use serde_json::Value;

use crate::common::{flowers, scattered};

fn numbers(count: usize, shape: &[usize]) -> Column {
    let values: Vec<f32> =
        (0..count * shape.iter().product::<usize>()).map(|place| scattered(place as u64)).collect();
    Column::floats(burn::tensor::TensorData::new(values, [&[count], shape].concat())).unwrap()
}

fn labels(count: usize) -> Column {
    Column::classes((0..count as i32).map(|label| label % 2).collect::<Vec<_>>()).unwrap()
}

/// Records a training run, creates its page, and returns the data of the page.
fn page<N: Network>(build: impl Fn() -> Model<N>, samples: &Samples, options: &FitOptions) -> Value {
    let folder = tempfile::tempdir().unwrap();
    build().fit_with(samples, options, &mut [&mut Recorder::new(folder.path())]).unwrap();
    let recording = Recording::open(folder.path()).unwrap();
    let page = RecordingPage::of(&recording, &mut build(), samples, options, &mut []).unwrap();
    data(&page.title("</script><script>alert(1)</script>").feature_names(["</script>"; 64]))
}

fn data(page: &RecordingPage) -> Value {
    let html = page.to_html().unwrap();
    assert_eq!(html.matches("</script>").count(), 2, "a string has ended a script element");
    let (_, data) = html.split_once("id=\"data\">").unwrap();
    serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap()
}

fn options() -> FitOptions {
    FitOptions::new().epochs(3).batch_size(8)
}

fn sequential(network: &Sequential, samples: &Samples) -> Value {
    let build = || {
        let compiling = network.clone().compile(Adam::default(), BinaryCrossentropy::default(), [Accuracy]);
        compiling.seed(1).on(&Device::flex()).unwrap()
    };
    page(build, samples, &options().validation_split(0.25))
}

#[test]
fn a_run_that_starts_at_a_later_epoch_has_all_frames() {
    let samples = Samples::new(numbers(32, &[4]), labels(32)).unwrap();
    let build = || {
        let network = Sequential::new(4).dense(1, Sigmoid);
        network.compile(Sgd::new(0.1), BinaryCrossentropy::default(), [Accuracy]).on(&Device::flex()).unwrap()
    };
    let data = page(build, &samples, &options().initial_epoch(1));
    let steps: Vec<&Value> = data["frames"].as_array().unwrap().iter().map(|frame| &frame["step"]).collect();
    assert_eq!(steps, [4, 5, 6, 7, 8, 9, 10, 11]);
}

#[test]
fn convolutional_recurrent_and_embedding_networks_have_pages() {
    let images = Samples::new(numbers(32, &[8, 8, 3]), labels(32)).unwrap();
    let network = Sequential::new([8, 8, 3]).conv2d(4, [3, 3], Relu).flatten().dense(1, Sigmoid);
    let data = sequential(&network, &images);
    let layer = &data["firstLayer"];
    assert_eq!(
        (&layer["form"], &layer["height"], &layer["channels"]),
        (&"images".into(), &3.into(), &3.into())
    );
    assert_eq!(data["frames"][0]["seen"]["pixels"].as_str().unwrap().len(), 4 * 9);
    assert_eq!(data["frames"][0]["samples"][0]["pixels"].as_str().unwrap().len(), 64);

    let series = Samples::new(numbers(32, &[10, 3]), labels(32)).unwrap();
    let network = Sequential::new([10, 3]).layer(Conv1d::new(6, 5)).lstm(4).dense(1, Sigmoid);
    assert_eq!(sequential(&network, &series)["firstLayer"]["form"], "images");
    let network = Sequential::new([10, 3]).lstm(4).dense(1, Sigmoid);
    let data = sequential(&network, &series);
    assert_eq!((&data["firstLayer"]["of"], &data["firstLayer"]["units"]), (&3.into(), &16.into()));

    let ids: Vec<[i32; 5]> = (0..32).map(|row| [row, row + 1, 0, 7, 9]).collect();
    let texts = Samples::new(Column::ids(ids).unwrap(), labels(32)).unwrap();
    let network = Sequential::new(5).embedding(40, 4).flatten().dense(1, Sigmoid);
    let data = sequential(&network, &texts);
    assert_eq!(data["firstLayer"]["name"], "embedding.embeddings");
    assert_eq!(data["frames"][3]["seen"].as_array().unwrap().len(), 16);
    assert_eq!(data["validation"].as_array().unwrap().len(), 3);
}

/// A network of Burn layers with two inputs.
#[derive(Module, Debug)]
struct Own {
    images: Conv2d,
    numbers: Linear,
    output: Linear,
}

impl Own {
    fn build(init: &mut Init) -> Result<Self, ModelError> {
        let linear = |inputs, units| LinearConfig::new(inputs, units).init(init.device());
        let images = Conv2dConfig::new([1, 6], [3, 3]).init(init.device());
        Ok(Self { images, numbers: linear(2, 6), output: linear(6, 1) })
    }
}

impl Network for Own {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([1, 8, 8]), InputSpec::numbers([2])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        vec![OutputSpec::new("output", [1]).activation(Sigmoid)]
    }

    fn forward(&self, inputs: Vec<Input>, _: &Pass) -> Result<Vec<Input>, ModelError> {
        let images = self.images.forward(inputs[0].clone().tensor::<4>()?);
        let images = images.mean_dim(3).mean_dim(2).squeeze_dims::<2>(&[2, 3]);
        let numbers = self.numbers.forward(inputs[1].clone().tensor::<2>()?);
        Ok(vec![self.output.forward(relu(images + numbers)).into()])
    }
}

#[test]
fn custom_modules_have_pages() {
    let samples =
        Samples::with_columns(vec![numbers(32, &[1, 8, 8]), numbers(32, &[2])], vec![labels(32)]).unwrap();
    let build = || {
        let compiling = Model::new(Own::build, Sgd::default(), BinaryCrossentropy::default(), [Accuracy]);
        compiling.seed(1).on(&Device::flex()).unwrap()
    };
    let data = page(build, &samples, &options());
    assert_eq!((&data["firstLayer"]["form"], &data["firstLayer"]["of"]), (&"images".into(), &6.into()));
    assert_eq!(data["frames"][11]["layers"][2]["silent"], Value::Null);
    assert_eq!(data["layers"][1]["name"], "numbers");
}

fn classifier() -> Model {
    let network = Sequential::new(4).layer(BatchNormalization::default()).dense(3, Softmax);
    network
        .compile(Adam::new(0.02), SparseCategoricalCrossentropy, [Accuracy])
        .seed(3)
        .on(&Device::flex())
        .unwrap()
}

#[test]
fn page_shows_the_first_and_last_step_and_some_between() {
    let steps = |data: &Value| -> Vec<u64> {
        data["frames"].as_array().unwrap().iter().map(|frame| frame["step"].as_u64().unwrap()).collect()
    };
    let data = page(classifier, &flowers(100), &FitOptions::new().epochs(10).batch_size(8));
    let all = steps(&data);
    assert_eq!((all.len(), all[0], all[59], data["steps"].as_u64()), (60, 0, 129, Some(130)));
    let data = page(classifier, &flowers(10), &FitOptions::new().batch_size(10));
    assert_eq!(steps(&data), [0]);
    assert_eq!(data["frames"][0]["moves"].as_array().unwrap().len(), 6);
}

#[test]
fn page_of_an_early_stopped_run_ends_at_its_last_step() {
    let folder = tempfile::tempdir().unwrap();
    let (samples, options) = (flowers(40), FitOptions::new().epochs(20).batch_size(10));
    let stopping = || EarlyStopping::new("loss").min_delta(10.0).patience(2);
    let mut recorder = Recorder::new(folder.path());
    let history = classifier().fit_with(&samples, &options, &mut [&mut recorder, &mut stopping()]).unwrap();
    let recording = Recording::open(folder.path()).unwrap();
    let mut callback = stopping();
    let page =
        RecordingPage::of(&recording, &mut classifier(), &samples, &options, &mut [&mut callback]).unwrap();
    assert_eq!(data(&page)["steps"].as_u64(), Some(history.epochs() as u64 * 4));
    // With other callbacks, it is another run.
    let refused = RecordingPage::of(&recording, &mut classifier(), &samples, &options, &mut []);
    assert!(matches!(refused, Err(TrainError::Checkpoint { .. })));
}
