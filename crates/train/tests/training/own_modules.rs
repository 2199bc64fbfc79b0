//! Custom Burn modules that implement `Network` are trained by the same `fit`.

use crate::common::{assert_close, classes, data, floats, flowers, parameters, values};
use burn::{
    module::Module,
    nn::{Linear, LinearConfig},
    tensor::{Device, activation::relu},
};
use kindling_data::{Column, Samples};
use kindling_models::{
    Init, InputSpec, IntoPart, ModelError, Network, OutputSpec, Pass, Sequential, Value, Weights,
    activations::{Relu, Softmax},
};
use kindling_train::{
    Compile, FitOptions, Model, TrainError,
    losses::{BinaryCrossentropy, Loss, MeanSquaredError, SparseCategoricalCrossentropy},
    metrics::Accuracy,
    optimizers::{Adam, Sgd},
};

/// A network with two Burn layers.
#[derive(Module, Debug)]
struct Own {
    hidden: Linear,
    output: Linear,
}

impl Own {
    fn build(init: &mut Init) -> Result<Self, ModelError> {
        let linear = |inputs, units| LinearConfig::new(inputs, units).init(init.device());
        Ok(Self { hidden: linear(4, 8), output: linear(8, 3) })
    }
}

impl Network for Own {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([4])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        vec![OutputSpec::new("output", [3]).activation(Softmax)]
    }

    fn forward(&self, mut inputs: Vec<Value>, _: &Pass) -> Result<Vec<Value>, ModelError> {
        let hidden = relu(self.hidden.forward(inputs.swap_remove(0).tensor::<2>()?));
        Ok(vec![self.output.forward(hidden).into()])
    }
}

fn own() -> Model<Own> {
    let compiling = Model::new(Own::build, Adam::default(), SparseCategoricalCrossentropy, [Accuracy]);
    compiling.seed(5).on(&Device::flex()).unwrap()
}

#[test]
fn custom_module_trains_like_the_same_sequential() {
    let samples = flowers(200);
    let mut own = own();
    let stack = Sequential::new(4).dense(8, Relu).dense(3, Softmax);
    let stack = stack.compile(Adam::default(), SparseCategoricalCrossentropy, [Accuracy]);
    let mut stack = stack.seed(5).on(&Device::flex()).unwrap();
    // The same initial weights, with the names of the Sequential.
    let weights = own.weights().unwrap();
    let renamed = weights.iter().map(|(name, data)| {
        let name =
            name.replace("hidden.", "dense.").replace("output.", "dense_1.").replace("weight", "kernel");
        (name, data.clone())
    });
    stack.set_weights(&Weights::from_tensors(renamed.collect())).unwrap();

    let options = FitOptions::new().epochs(3).batch_size(16).validation_split(0.2);
    let (own_history, history) =
        (own.fit(&samples, &options).unwrap(), stack.fit(&samples, &options).unwrap());
    for (name, figures) in history.iter() {
        assert_close(own_history.get(name), figures, 1e-6);
    }
    let [own, stack] = [own.predict(&samples).unwrap(), stack.predict(&samples).unwrap()];
    assert!(values(&own).iter().zip(values(&stack)).all(|(own, stack)| (own - stack).abs() < 1e-5));
}

#[test]
fn all_weights_are_trained() {
    let mut model = own();
    let before = model.weights().unwrap();
    model.fit(&flowers(64), &FitOptions::new()).unwrap();
    for ((name, before), (_, after)) in before.iter().zip(model.weights().unwrap().iter()) {
        assert_ne!(before, after, "{name}");
    }
}

#[test]
fn weights_are_named_after_fields() {
    let [mut model, mut other] = [own(), own()];
    other.fit(&flowers(64), &FitOptions::new()).unwrap();
    let names: Vec<String> = model.weights().unwrap().iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names, ["hidden.weight", "hidden.bias", "output.weight", "output.bias"]);
    model.set_weights(&other.weights().unwrap()).unwrap();
    assert_eq!(model.weights().unwrap(), other.weights().unwrap());
    // The model can still be trained.
    model.fit(&flowers(64), &FitOptions::new()).unwrap();
    assert_ne!(model.weights().unwrap(), other.weights().unwrap());
}

/// A network with two inputs and two outputs, `a * x` and `b * y`, with one weight each.
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
        vec![OutputSpec::new("a", [1]), OutputSpec::new("b", [1])]
    }

    fn forward(&self, inputs: Vec<Value>, _: &Pass) -> Result<Vec<Value>, ModelError> {
        let pairs = [&self.a, &self.b].into_iter().zip(inputs);
        Ok(pairs.map(|(layer, input)| layer.forward(input.flatten()).into()).collect())
    }
}

fn pair(loss: impl IntoPart<dyn Loss>) -> Model<Pair> {
    let build = |init: &mut Init| {
        let layer = |inputs| LinearConfig::new(inputs, 1).with_bias(false).init(init.device());
        Ok(Pair { a: layer(1), b: layer(2) })
    };
    let mut model = Model::new(build, Sgd::new(0.25), loss, ()).on(&Device::flex()).unwrap();
    let weights =
        vec![("a.weight".into(), data(&[2.0], [1, 1])), ("b.weight".into(), data(&[1.0, -1.0], [2, 1]))];
    model.set_weights(&Weights::from_tensors(weights)).unwrap();
    model
}

fn columns(inputs: Vec<Column>, targets: Vec<Column>) -> Samples {
    Samples::with_columns(inputs, targets).unwrap()
}

#[test]
fn losses_of_several_outputs_are_added() {
    let inputs = vec![floats(&[1.0], [1]), floats(&[3.0, 1.0], [1, 2])];
    let samples = columns(inputs, vec![floats(&[1.0], [1]), floats(&[4.0], [1])]);
    let mut model = pair(MeanSquaredError);
    // The predictions are 2 and 2, the errors 1 and -2. Each weight has the gradient of its own output.
    assert_eq!(model.evaluate(&samples).unwrap().loss(), Some(5.0));
    assert_eq!(model.train_on_batch(&samples).unwrap().loss(), Some(5.0));
    assert_eq!(parameters(&model.weights().unwrap()), [1.5, 4.0, 0.0]);
    assert_eq!(
        model.predict(&samples).unwrap(),
        data(&[1.5], [1, 1]),
        "expected the predictions of the first output"
    );
}

#[test]
fn columns_that_do_not_match_inputs_and_outputs_are_errors() {
    let x = || floats(&[1.0; 2], [2]);
    let y = || floats(&[1.0; 4], [2, 2]);
    let mut model = pair(MeanSquaredError);
    let mut refuse = |inputs, targets| {
        let error = model.fit(&columns(inputs, targets), &FitOptions::new().batch_size(1)).unwrap_err();
        assert!(matches!(error, TrainError::Mismatch(_)));
        error.to_string()
    };
    let message = refuse(vec![x()], vec![x(), x()]);
    assert!(message.contains("1 inputs") && message.contains("the network has 2"), "{message}");
    let message = refuse(vec![y(), x()], vec![x(), x()]);
    assert!(message.contains("expects samples of shape [1]") && message.contains("found [2]"), "{message}");
    let message = refuse(vec![x(), y()], vec![x()]);
    assert!(message.contains("1 targets") && message.contains("2 outputs"), "{message}");
    let message = refuse(vec![x(), y()], vec![x(), y()]);
    assert!(message.contains("1 values") && message.contains("have 2"), "{message}");
    let message = refuse(vec![x(), y()], vec![]);
    assert!(message.contains("no targets"), "{message}");
}

#[test]
fn class_targets_are_checked_for_each_output() {
    let inputs = vec![floats(&[1.0; 2], [2]), floats(&[1.0; 4], [2, 2])];
    let samples = columns(inputs, vec![classes(&[0, 1]), classes(&[1, 2])]);
    let error = pair(BinaryCrossentropy::default()).evaluate(&samples).unwrap_err();
    assert!(error.to_string().contains("sample 1 has label 2"), "{error}");
}

/// A network without outputs.
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

    fn forward(&self, _: Vec<Value>, _: &Pass) -> Result<Vec<Value>, ModelError> {
        Ok(vec![])
    }
}

#[test]
fn network_without_outputs_is_an_error() {
    let build = |init: &mut Init| Ok(Mute { layer: LinearConfig::new(1, 1).init(init.device()) });
    let error = Model::new(build, Sgd::default(), MeanSquaredError, ()).on(&Device::flex()).unwrap_err();
    assert!(error.to_string().contains("no output"), "{error}");
}
