//! Any Burn module that implements `Network` trains through the same `fit`.

mod common;

use burn::{
    module::Module,
    nn::{Linear, LinearConfig},
    tensor::{Device, activation::relu},
};
use common::{assert_close, classes, data, floats, flowers, parameters, values};
use kindling_data::{Column, Samples};
use kindling_models::{
    Activation::{self, Relu, Softmax},
    Input, InputSpec, Network, OutputSpec, Pass, Sequential, Value, Weights,
};
use kindling_train::{Adam, Compile, FitOptions, Loss, Metric::Accuracy, Model, Sgd, TrainError};

/// Two layers, written with Burn alone.
#[derive(Module, Debug)]
struct Own {
    hidden: Linear,
    output: Linear,
}

impl Own {
    fn new(device: &Device) -> Self {
        Self { hidden: LinearConfig::new(4, 8).init(device), output: LinearConfig::new(8, 3).init(device) }
    }
}

impl Network for Own {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([4])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        vec![OutputSpec { name: "output".into(), shape: vec![3], activation: Softmax }]
    }

    fn forward(&self, mut inputs: Vec<Input>, _pass: Pass) -> Vec<Value> {
        let hidden = relu(self.hidden.forward(inputs.swap_remove(0).numbers().flatten()));
        vec![Value::Rank2(self.output.forward(hidden))]
    }
}

const LOSS: Loss = Loss::SparseCategoricalCrossentropy;

fn own() -> Model<Own> {
    let device = Device::flex();
    Model::new(Own::new(&device.clone().autodiff()), &device, 5, Adam::default(), LOSS, [Accuracy]).unwrap()
}

#[test]
fn a_module_of_ones_own_trains_as_the_same_stack_of_layers_does() {
    let samples = flowers(200);
    let mut own = own();
    let stack = Sequential::new(4).dense(8, Relu).dense(3, Softmax);
    let mut stack = stack.compile(&Device::flex(), 5, Adam::default(), LOSS, [Accuracy]).unwrap();
    // The same weights to start with, under the names that the stack gives them.
    let weights = own.weights().unwrap();
    let renamed = weights.iter().map(|(name, data)| {
        let name =
            name.replace("hidden.", "dense.").replace("output.", "dense_1.").replace("weight", "kernel");
        (name, data.clone())
    });
    stack.set_weights(&Weights::from_tensors(renamed.collect())).unwrap();

    let options = || FitOptions::new().epochs(3).batch_size(16).validation_split(0.2);
    let (own_history, history) =
        (own.fit(&samples, options()).unwrap(), stack.fit(&samples, options()).unwrap());
    for (name, figures) in history.iter() {
        assert_close(own_history.get(name), figures, 1e-6);
    }
    let [own, stack] = [own.predict(&samples).unwrap(), stack.predict(&samples).unwrap()];
    assert!(values(&own).iter().zip(values(&stack)).all(|(own, stack)| (own - stack).abs() < 1e-5));
}

#[test]
fn every_weight_of_it_is_trained() {
    let mut model = own();
    let before = model.weights().unwrap();
    model.fit(&flowers(64), FitOptions::new()).unwrap();
    for ((name, before), (_, after)) in before.iter().zip(model.weights().unwrap().iter()) {
        assert_ne!(before, after, "{name}");
    }
}

#[test]
fn its_weights_are_set_and_told_under_the_names_of_its_fields() {
    let [mut model, other] = [own(), own()];
    let names: Vec<String> = model.weights().unwrap().iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names, ["hidden.weight", "hidden.bias", "output.weight", "output.bias"]);
    model.set_weights(&other.weights().unwrap()).unwrap();
    assert_eq!(model.weights().unwrap(), other.weights().unwrap());
    // It can still be trained.
    model.fit(&flowers(64), FitOptions::new()).unwrap();
    assert_ne!(model.weights().unwrap(), other.weights().unwrap());
}

/// Two inputs, two outputs: `a * x` and `b * y`, both from one weight each.
#[derive(Module, Debug)]
struct Pair {
    a: Linear,
    b: Linear,
}

impl Network for Pair {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([1]), InputSpec::numbers([2])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        let output =
            |name: &str| OutputSpec { name: name.into(), shape: vec![1], activation: Activation::Linear };
        vec![output("a"), output("b")]
    }

    fn forward(&self, inputs: Vec<Input>, _pass: Pass) -> Vec<Value> {
        let [x, y] = <[Input; 2]>::try_from(inputs).unwrap().map(Input::numbers);
        let forward =
            |layer: &Linear, input: Value| -> Value { Value::Rank2(layer.forward(input.flatten())) };
        vec![forward(&self.a, x), forward(&self.b, y)]
    }
}

fn pair(loss: Loss) -> Model<Pair> {
    let device = Device::flex();
    let layer = |inputs| LinearConfig::new(inputs, 1).with_bias(false).init(&device.clone().autodiff());
    let pair = Pair { a: layer(1), b: layer(2) };
    let mut model =
        Model::new(pair, &device, 0, Sgd { learning_rate: 0.25, ..Sgd::default() }, loss, []).unwrap();
    let weights =
        vec![("a.weight".into(), data(&[2.0], [1, 1])), ("b.weight".into(), data(&[1.0, -1.0], [2, 1]))];
    model.set_weights(&Weights::from_tensors(weights)).unwrap();
    model
}

fn columns(inputs: Vec<Column>, targets: Vec<Column>) -> Samples {
    Samples::with_columns(inputs, targets).unwrap()
}

#[test]
fn the_losses_of_several_outputs_add_up() {
    let inputs = vec![floats(&[1.0], [1]), floats(&[3.0, 1.0], [1, 2])];
    let samples = columns(inputs, vec![floats(&[1.0], [1]), floats(&[4.0], [1])]);
    let mut model = pair(Loss::MeanSquaredError);
    // Predictions 2 and 2, errors 1 and -2; each output's gradient reaches its own weights.
    assert_eq!(model.evaluate(&samples).unwrap().loss(), 5.0);
    assert_eq!(model.train_on_batch(&samples).unwrap().loss(), 5.0);
    assert_eq!(parameters(&model.weights().unwrap()), [1.5, 4.0, 0.0]);
    assert_eq!(model.predict(&samples).unwrap(), data(&[1.5], [1, 1]), "predictions are the first output's");
}

#[test]
fn columns_that_do_not_match_inputs_and_outputs_are_refused() {
    let x = || floats(&[1.0; 2], [2]);
    let y = || floats(&[1.0; 4], [2, 2]);
    let mut model = pair(Loss::MeanSquaredError);
    let mut refuse = |inputs, targets| {
        let error = model.fit(&columns(inputs, targets), FitOptions::new().batch_size(1)).unwrap_err();
        assert!(matches!(error, TrainError::Mismatch(_)));
        error.to_string()
    };
    let message = refuse(vec![x()], vec![x(), x()]);
    assert!(message.contains("1 inputs") && message.contains("takes 2"), "{message}");
    let message = refuse(vec![y(), x()], vec![x(), x()]);
    assert!(message.contains("takes samples of shape [1]") && message.contains("has [2]"), "{message}");
    let message = refuse(vec![x(), y()], vec![x()]);
    assert!(message.contains("1 targets") && message.contains("2 outputs"), "{message}");
    let message = refuse(vec![x(), y()], vec![x(), y()]);
    assert!(message.contains("1 values") && message.contains("have 2"), "{message}");
    let message = refuse(vec![x(), y()], vec![]);
    assert!(message.contains("0 targets"), "{message}");
}

#[test]
fn class_targets_are_checked_for_each_output() {
    let inputs = vec![floats(&[1.0; 2], [2]), floats(&[1.0; 4], [2, 2])];
    let samples = columns(inputs, vec![classes(&[0, 1]), classes(&[1, 2])]);
    let error = pair(Loss::BinaryCrossentropy).evaluate(&samples).unwrap_err();
    assert!(error.to_string().contains("sample 1 is labelled 2"), "{error}");
}

/// A network with nothing to measure.
#[derive(Module, Debug)]
struct Mute {
    layer: Linear,
}

impl Network for Mute {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([1])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        vec![]
    }

    fn forward(&self, _inputs: Vec<Input>, _pass: Pass) -> Vec<Value> {
        vec![]
    }
}

#[test]
fn a_network_without_an_output_is_refused() {
    let device = Device::flex();
    let mute = Mute { layer: LinearConfig::new(1, 1).init(&device.clone().autodiff()) };
    let error = Model::new(mute, &device, 0, Sgd::default(), Loss::MeanSquaredError, []).unwrap_err();
    assert!(error.to_string().contains("no output"), "{error}");
}
