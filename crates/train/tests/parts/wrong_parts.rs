//! Custom types that return a wrong number or shape of values are errors that name them. The model stays usable.

use crate::common::{constant, flowers, numbers, parameters};
use burn::{
    module::Module,
    nn::{Linear, LinearConfig},
    tensor::{Device, Tensor},
};
use kindling_models::{
    Init, InputSpec, ModelError, Network, OutputSpec, Pass, Sequential, Value,
    activations::{Linear as Identity, Softmax},
};
use kindling_train::{
    Compile, FitOptions, Model, TrainError,
    losses::{Loss, Output, SparseCategoricalCrossentropy, Target},
    metrics::{Accuracy, Direction, Metric},
    optimizers::Sgd,
};
use serde::{Deserialize, Serialize};

/// The wrong output of the module, instead of `[batch, 3]`.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    NoOutput,
    OneMore,
    Narrow,
    AnotherRank,
    HalfTheBatch,
    Transposed,
    InTrainingOnly,
    Refuses,
}

/// A classifier of flowers whose `forward` does not return what its `outputs` declares.
#[derive(Module, Debug)]
struct Faulty {
    layer: Linear,
    #[module(skip)]
    fault: Fault,
}

impl Network for Faulty {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([4])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        vec![OutputSpec::new("species", [3]).activation(Softmax)]
    }

    fn forward(&self, mut inputs: Vec<Value>, pass: &Pass) -> Result<Vec<Value>, ModelError> {
        let x = self.layer.forward(inputs.swap_remove(0).tensor::<2>()?);
        let [batch, _] = x.dims();
        Ok(match self.fault {
            Fault::None => vec![x.into()],
            Fault::NoOutput => vec![],
            Fault::OneMore => vec![x.clone().into(), x.into()],
            Fault::Narrow => vec![x.narrow(1, 0, 2).into()],
            Fault::AnotherRank => vec![x.unsqueeze_dim::<3>(1).into()],
            Fault::HalfTheBatch => vec![x.narrow(0, 0, batch / 2).into()],
            Fault::Transposed => vec![x.transpose().into()],
            Fault::InTrainingOnly if pass.is_training() => vec![],
            Fault::InTrainingOnly => vec![x.into()],
            Fault::Refuses => return Err(ModelError::Input("this module takes no batches".into())),
        })
    }
}

fn faulty(fault: Fault) -> Model<Faulty> {
    let build =
        move |init: &mut Init| Ok(Faulty { layer: LinearConfig::new(4, 3).init(init.device()), fault });
    let compiling = Model::new(build, Sgd::new(0.1), SparseCategoricalCrossentropy, [Accuracy]);
    compiling.on(&Device::flex()).unwrap()
}

fn options() -> FitOptions {
    FitOptions::new().batch_size(4)
}

#[test]
fn wrong_outputs_are_errors_before_weights_change() {
    let samples = flowers(10);
    for (fault, parts) in [
        (Fault::NoOutput, &["returned 0 outputs", "declares 1 (species)"][..]),
        (Fault::OneMore, &["returned 2 outputs", "declares 1 (species)"]),
        (Fault::Narrow, &["\"species\"", "[4, 2]", "[4, 3]"]),
        (Fault::AnotherRank, &["\"species\"", "[4, 1, 3]", "[4, 3]"]),
        (Fault::HalfTheBatch, &["\"species\"", "[2, 3]", "[4, 3]"]),
        (Fault::Transposed, &["\"species\"", "[3, 4]", "[4, 3]"]),
        (Fault::Refuses, &["this module takes no batches"]),
    ] {
        let mut model = faulty(fault);
        let before = model.weights().unwrap();
        let one = samples.slice(0..4);
        let errors = [
            model.fit(&samples, &options()).map(|_| ()).unwrap_err(),
            model.train_on_batch(&one).map(|_| ()).unwrap_err(),
            model.evaluate(&one).map(|_| ()).unwrap_err(),
            model.predict(&one).map(|_| ()).unwrap_err(),
        ];
        for message in errors.map(|error| error.to_string()) {
            assert!(parts.iter().all(|part| message.contains(part)), "{fault:?}: {parts:?} in {message:?}");
        }
        assert_eq!((model.weights().unwrap(), model.step()), (before, 0), "{fault:?}");
    }
}

#[test]
fn model_is_unchanged_after_wrong_outputs() {
    let samples = flowers(10);
    let mut model = faulty(Fault::InTrainingOnly);
    let predictions = model.predict(&samples).unwrap();
    assert_eq!(predictions, faulty(Fault::None).predict(&samples).unwrap());
    for _ in 0..2 {
        assert!(model.fit(&samples, &options()).unwrap_err().to_string().contains("returned 0 outputs"));
        assert_eq!(model.predict(&samples).unwrap(), predictions);
        assert!(model.evaluate(&samples).unwrap().loss().unwrap() > 0.0);
    }
    let other = faulty(Fault::None).weights().unwrap();
    model.set_weights(&other).unwrap();
    assert_eq!(model.weights().unwrap(), other);
}

/// Squared errors, with a configurable number of values.
#[derive(Debug, Serialize, Deserialize)]
enum Squares {
    PerBatch,
    PerValue,
    OneTooFew,
}

#[typetag::serde]
impl Loss for Squares {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        let squares = (output.predictions() - target.values()).square();
        let [rows, units] = squares.dims();
        match self {
            Self::PerBatch => squares.mean(),
            Self::PerValue => squares.repeat_dim(1, 2).reshape([2 * rows * units]),
            Self::OneTooFew => squares.narrow(0, 0, rows - 1).reshape([rows - 1]),
        }
    }
}

#[test]
fn error_names_a_loss_with_a_wrong_number_of_values() {
    let samples = numbers(&[1.0, 2.0, 3.0, 4.0, 5.0]);
    for (loss, found) in [(Squares::PerBatch, 1), (Squares::PerValue, 8), (Squares::OneTooFew, 3)] {
        let network = Sequential::new(1).dense(1, Identity);
        let mut model = network.compile(Sgd::new(0.1), loss, ()).on(&Device::flex()).unwrap();
        let before = model.weights().unwrap();
        let message = model.fit(&samples, &options()).unwrap_err().to_string();
        assert!(
            message.contains(&format!("the loss Squares returned {found} values for 4 samples")),
            "{message}"
        );
        assert!(message.contains("return one value per sample"), "{message}");
        assert_eq!(model.weights().unwrap(), before);
        assert!(model.evaluate(&samples).unwrap_err().to_string().contains("for 5 samples"));
        assert!(model.predict(&samples).is_ok());
    }
}

/// A metric that returns one sum per sample of the batch.
#[derive(Debug, Serialize, Deserialize)]
struct PerSample;

#[typetag::serde]
impl Metric for PerSample {
    fn name(&self) -> String {
        "per_sample".into()
    }

    fn direction(&self) -> Direction {
        Direction::Min
    }

    fn sums(&self, output: &Output, _: &Target) -> Tensor<1> {
        output.predictions().reshape([output.batch()])
    }
}

/// A metric that returns no sums.
#[derive(Debug, Serialize, Deserialize)]
struct Nothing;

#[typetag::serde]
impl Metric for Nothing {
    fn name(&self) -> String {
        "nothing".into()
    }

    fn direction(&self) -> Direction {
        Direction::Min
    }

    fn sums(&self, output: &Output, _: &Target) -> Tensor<1> {
        Tensor::zeros([0], &output.predictions().device())
    }
}

#[test]
fn error_names_a_metric_with_a_changing_number_of_sums() {
    let mut model = constant(Sgd::new(0.125), [PerSample]);
    // Batches of 4 and 1.
    let error = model.fit(&numbers(&[1.0; 5]), &options().shuffle(false)).unwrap_err();
    let expected = "the metric per_sample returned 1 sums for batch 2, but 4 for earlier batches";
    assert!(error.to_string().starts_with(expected), "{error}");
    assert!(matches!(error, TrainError::Mismatch(_)));
    // It is no error if all batches have the same size, and the model stays usable.
    let history = model.fit(&numbers(&[1.0; 8]), &options().epochs(2)).unwrap();
    assert_eq!(history.get("per_sample").len(), 2);
    assert!(parameters(&model.weights().unwrap())[0] > 0.0);
}

#[test]
fn error_names_a_metric_without_sums() {
    let mut model = constant(Sgd::new(0.125), [Nothing]);
    let message = model.fit(&numbers(&[1.0; 4]), &options()).unwrap_err().to_string();
    assert!(message.contains("the metric nothing returned no sums: return at least one"), "{message}");
    assert_eq!(parameters(&model.weights().unwrap()), [0.0, 0.0]);
}
