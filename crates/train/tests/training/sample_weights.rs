//! Sample weights, compared with Keras 3.15: `model.fit(x, y, sample_weight=..)`, with one output and with two.

use crate::common::{
    Running, assert_close, classes, constant, data, flowers, numbers, parameters, softmax, standstill, wide,
};
use burn::{
    module::Module,
    nn::{Linear, LinearConfig},
    tensor::Device,
};
use kindling_data::{Column, Samples};
use kindling_models::{
    Init, InputSpec, ModelError, Network, OutputSpec, Pass, Value, Weights, activations::Sigmoid,
};
use kindling_train::{
    FitOptions, History, Model, Objective,
    losses::{BinaryCrossentropy, MeanSquaredError},
    metrics::Mae,
    optimizers::Sgd,
};

const FIRST: [f32; 10] = [1.0, 0.0, 2.5, 0.5, 3.0, 1.0, 0.0, 0.0, 0.25, 1.5];
const SECOND: [f32; 10] = [0.5, 2.0, 1.0, 0.0, 1.0, 4.0, 0.25, 1.0, 0.0, 3.0];

/// Two epochs in batches of 4, 4, and 2.
fn options() -> FitOptions {
    FitOptions::new().epochs(2).batch_size(4).shuffle(false)
}

fn weighted() -> Samples {
    flowers(10).with_sample_weight(FIRST.to_vec()).unwrap()
}

#[test]
fn loss_of_each_step_matches_keras() {
    let (mut model, mut running) = (softmax(), Running::default());
    let history = model.fit_with(&weighted(), &options(), &mut [&mut running]).unwrap();
    // Keras' running means at each step, its history, and its weights after six steps of SGD(0.5).
    let steps = [1.315906048, 1.181025743, 1.172983527, 0.791896939, 0.693167090, 0.691533566];
    assert_close(&running.0, &steps, 1e-6);
    assert_close(history.get("loss"), &[1.172983527, 0.691533566], 1e-6);
    // Metrics ignore the weights, as Keras' `metrics` do.
    assert_close(history.get("accuracy"), &[0.4, 0.8], 1e-6);
    let weights = [
        -0.398729503,
        -0.820077121,
        -0.656193256,
        -0.524894595,
        0.443606555,
        -0.668712020,
        -0.043786291,
        -0.178602874,
        0.597389162,
        0.406201124,
        1.015515685,
        0.078283131,
        -0.461354375,
        -0.080790512,
        0.292144835,
    ];
    assert_close(&wide(&parameters(&model.weights().unwrap())), &weights, 1e-6);
}

#[test]
fn validation_split_also_splits_the_weights() {
    let options = options().validation_split(0.4);
    let history = softmax().fit(&weighted(), &options).unwrap();
    assert_close(history.get("loss"), &[1.574700952, 0.774830401], 1e-6);
    assert_close(history.get("val_loss"), &[0.570729733, 0.561137855], 1e-6);
    assert_close(history.get("val_accuracy"), &[0.25, 0.25], 1e-6);
}

#[test]
fn weights_follow_their_samples_through_shuffles_and_views() {
    // The weight of sample i equals its target, so the loss over an epoch is the mean of i³ in any order.
    let targets: Vec<f32> = (1..=8).map(|i| i as f32).collect();
    let samples = numbers(&targets).with_sample_weight(targets.clone()).unwrap();
    let mean = |targets: &[f32]| {
        targets.iter().map(|target| f64::from(target.powi(3))).sum::<f64>() / targets.len() as f64
    };
    let options = FitOptions::new().epochs(3).batch_size(3);
    let history = constant(standstill(), ()).fit(&samples, &options).unwrap();
    assert_close(history.get("loss"), &[mean(&targets); 3], 1e-4);
    let view = samples.select(&[6, 1, 4, 3]).unwrap().slice(1..4);
    let history = constant(standstill(), ()).fit(&view, &options).unwrap();
    assert_close(history.get("loss"), &[mean(&[2.0, 5.0, 4.0]); 3], 1e-5);
    assert_close(
        &[constant(standstill(), ()).evaluate(&view).unwrap().loss().unwrap()],
        &[mean(&[2.0, 5.0, 4.0])],
        1e-5,
    );
}

#[test]
fn samples_with_weight_zero_are_not_trained_on() {
    let samples = numbers(&[1.0, 9.0]).with_sample_weight(vec![0.0, 0.0]).unwrap();
    let mut model = constant(Sgd::new(0.125), [Mae]);
    let history = model.fit(&samples, &FitOptions::new()).unwrap();
    assert_eq!((history.get("loss"), history.get("mae")), (&[0.0][..], &[5.0][..]));
    assert_eq!(parameters(&model.weights().unwrap()), [0.0, 0.0]);
    // Weights of 1 change nothing.
    let ones = flowers(10).with_sample_weight(vec![1.0; 10]).unwrap();
    assert_eq!(softmax().fit(&ones, &options()).unwrap(), softmax().fit(&flowers(10), &options()).unwrap());
}

/// A network with a regression and a classification output, for the same four features.
#[derive(Module, Debug)]
struct Two {
    a: Linear,
    b: Linear,
}

impl Network for Two {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([4])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        vec![OutputSpec::new("a", [1]), OutputSpec::new("b", [1]).activation(Sigmoid)]
    }

    fn forward(&self, mut inputs: Vec<Value>, _: &Pass) -> Result<Vec<Value>, ModelError> {
        let x = inputs.swap_remove(0).tensor::<2>()?;
        Ok(vec![self.a.forward(x.clone()).into(), self.b.forward(x).into()])
    }
}

fn two() -> Model<Two> {
    let build = |init: &mut Init| {
        let layer = || LinearConfig::new(4, 1).init(init.device());
        Ok(Two { a: layer(), b: layer() })
    };
    let objectives =
        [Objective::new(MeanSquaredError), Objective::new(BinaryCrossentropy::default()).weight(0.5)];
    let compiling = Model::new(build, Sgd::new(0.25), MeanSquaredError, ()).objectives(objectives);
    let mut model = compiling.on(&Device::flex()).unwrap();
    let weights = [
        ("a.weight", data(&[0.5, -0.25, 0.125, 1.0], [4, 1])),
        ("a.bias", data(&[0.0], [1])),
        ("b.weight", data(&[-0.5, 0.25, 1.0, 0.0], [4, 1])),
        ("b.bias", data(&[0.0], [1])),
    ];
    let weights = weights.map(|(name, data)| (name.to_owned(), data));
    model.set_weights(&Weights::from_tensors(weights.into())).unwrap();
    model
}

/// Samples with two targets: the sum of the first and last feature, and whether the class is 0.
fn two_targets() -> Samples {
    let flowers = flowers(10);
    let sums: Vec<f32> =
        crate::common::values(&flowers.input()).chunks(4).map(|features| features[0] + features[3]).collect();
    let first: Vec<i32> = flowers.classes().unwrap().iter().map(|class| i32::from(*class == 0)).collect();
    let targets = vec![Column::floats(sums).unwrap(), classes(&first)];
    Samples::with_columns(flowers.inputs().to_vec(), targets).unwrap()
}

fn column(weights: [f32; 10]) -> Option<Column> {
    Some(Column::floats(weights.to_vec()).unwrap())
}

#[track_caller]
fn assert_keras(samples: &Samples, steps: [f64; 6], b_loss: [f64; 2], evaluated: f64) -> History {
    let (mut model, mut running) = (two(), Running::default());
    let history = model.fit_with(samples, &options(), &mut [&mut running]).unwrap();
    assert_close(&running.0, &steps, 1e-6);
    assert_close(history.get("loss"), &[steps[2], steps[5]], 1e-6);
    assert_close(history.get("a_loss"), &[0.074488536, 0.020752262], 1e-6);
    assert_close(history.get("b_loss"), &b_loss, 1e-6);
    assert_close(&[model.evaluate(samples).unwrap().loss().unwrap()], &[evaluated], 1e-6);
    history
}

#[test]
fn each_output_has_its_own_weights() {
    let samples = two_targets().with_sample_weights(vec![column(FIRST), column(SECOND)]).unwrap();
    let steps = [0.392900169, 0.592626572, 0.610651612, 0.329722852, 0.500175536, 0.484045118];
    assert_keras(&samples, steps, [1.072326183, 0.926585793], 0.420051873);
}

#[test]
fn weights_of_an_output_can_be_missing() {
    let samples = two_targets().with_sample_weights(vec![column(FIRST), None]).unwrap();
    let steps = [0.541112900, 0.517265201, 0.545968354, 0.473648220, 0.469312221, 0.457544804];
    let history = assert_keras(&samples, steps, [0.942959487, 0.873585105], 0.421370268);
    let ones = two_targets().with_sample_weights(vec![column(FIRST), column([1.0; 10])]).unwrap();
    assert_eq!(two().fit(&ones, &options()).unwrap(), history);
}

#[test]
fn single_weights_apply_to_every_output() {
    let samples = two_targets().with_sample_weight(FIRST.to_vec()).unwrap();
    let steps = [0.573689163, 0.453266979, 0.467933834, 0.505120277, 0.402526379, 0.383683145];
    assert_keras(&samples, steps, [0.786890626, 0.725861788], 0.350229412);
}
