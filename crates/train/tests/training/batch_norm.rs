//! A Burn module with running statistics: they are updated in training, and reading and setting weights includes them.

use crate::common::{Running, assert_close, floats, scattered, values, wide};
use burn::{
    module::Module,
    nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig},
    tensor::Device,
};
use kindling_data::Samples;
use kindling_models::{Init, InputSpec, ModelError, Network, OutputSpec, Pass, Value, Weights};
use kindling_train::{
    Callback, FitOptions, Model, TrainError, Training, losses::MeanSquaredError, optimizers::Sgd,
};

/// Burn's batch normalization of the input, followed by a linear layer.
#[derive(Module, Debug)]
struct Normalized {
    norm: BatchNorm,
    output: Linear,
}

impl Network for Normalized {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([2])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        vec![OutputSpec::new("output", [1])]
    }

    fn forward(&self, mut inputs: Vec<Value>, _: &Pass) -> Result<Vec<Value>, ModelError> {
        let x = inputs.swap_remove(0).tensor::<2>()?;
        Ok(vec![self.output.forward(self.norm.forward(x)).into()])
    }
}

fn model(seed: u64) -> Model<Normalized> {
    let build = |init: &mut Init| {
        Ok(Normalized {
            norm: BatchNormConfig::new(2).init(init.device()),
            output: LinearConfig::new(2, 1).init(init.device()),
        })
    };
    Model::new(build, Sgd::new(0.05), MeanSquaredError, ()).seed(seed).on(&Device::flex()).unwrap()
}

/// Samples with features around 5 and -3, and their sum as the target.
fn samples() -> Samples {
    let features: Vec<f32> =
        (0..64).flat_map(|i| [5.0 + scattered(2 * i), -3.0 + 2.0 * scattered(2 * i + 1)]).collect();
    let targets: Vec<f32> = features.chunks(2).map(|x| x[0] + x[1]).collect();
    Samples::new(floats(&features, [64, 2]), floats(&targets, [64])).unwrap()
}

fn options(epochs: usize) -> FitOptions {
    FitOptions::new().epochs(epochs).batch_size(16)
}

fn weight(weights: &Weights, name: &str) -> Vec<f64> {
    let (_, data) = weights.iter().find(|(own, _)| *own == name).unwrap();
    wide(values(data))
}

#[test]
fn running_statistics_approach_the_statistics_of_the_data() {
    let mut model = model(0);
    assert_eq!(weight(&model.weights().unwrap(), "norm.running_mean"), [0.0, 0.0]);
    model.fit(&samples(), &options(20)).unwrap();
    let input = samples().input();
    let column = |index: usize| {
        values(&input).iter().skip(index).step_by(2).map(|x| f64::from(*x)).collect::<Vec<_>>()
    };
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let variance = |x: &[f64]| x.iter().map(|value| (value - mean(x)).powi(2)).sum::<f64>() / x.len() as f64;
    let weights = model.weights().unwrap();
    let columns = [column(0), column(1)];
    assert_close(&weight(&weights, "norm.running_mean"), &columns.each_ref().map(|x| mean(x)), 0.15);
    assert_close(&weight(&weights, "norm.running_var"), &columns.each_ref().map(|x| variance(x)), 0.35);
    // Evaluation uses the trained model.
    let loss = model.evaluate(&samples()).unwrap().loss().unwrap();
    assert!(loss < 0.1, "{loss}");
}

#[test]
fn one_step_updates_the_statistics_with_burns_momentum() {
    // Burn: running = 0.9 * running + 0.1 * batch.
    let features = floats(&[1.0, 10.0, 3.0, 30.0], [2, 2]);
    let samples = Samples::new(features, floats(&[0.0, 0.0], [2])).unwrap();
    let mut model = model(0);
    model.train_on_batch(&samples).unwrap();
    assert_close(&weight(&model.weights().unwrap(), "norm.running_mean"), &[0.2, 2.0], 1e-6);
}

#[test]
fn weights_are_current_after_fit() {
    let mut trained = model(1);
    trained.fit(&samples(), &options(2)).unwrap();
    let before = trained.weights().unwrap();
    trained.evaluate(&samples()).unwrap();
    trained.predict(&samples()).unwrap();
    assert_eq!(trained.weights().unwrap(), before);
    // The same with validation, which copies the network for inference.
    let mut validated = model(1);
    validated.fit(&samples(), &options(2).validation_data(&samples())).unwrap();
    assert_eq!(validated.weights().unwrap(), before);
}

#[test]
fn predictions_use_weights_that_were_set_after_training() {
    let [mut one, mut other] = [1, 2].map(model);
    one.fit(&samples(), &options(3)).unwrap();
    other.fit(&samples(), &options(1)).unwrap();
    assert_ne!(one.predict(&samples()).unwrap(), other.predict(&samples()).unwrap());
    other.set_weights(&one.weights().unwrap()).unwrap();
    assert_eq!(other.weights().unwrap(), one.weights().unwrap());
    assert_eq!(other.predict(&samples()).unwrap(), one.predict(&samples()).unwrap());
    assert_eq!(other.evaluate(&samples()).unwrap(), one.evaluate(&samples()).unwrap());
    // Training continues from these weights. SGD has no state, and both runs do not shuffle.
    let unshuffled = options(2).shuffle(false);
    assert_eq!(other.fit(&samples(), &unshuffled).unwrap(), one.fit(&samples(), &unshuffled).unwrap());
    assert_eq!(other.weights().unwrap(), one.weights().unwrap());
}

#[test]
fn weights_set_by_a_callback_within_an_epoch_take_effect() {
    /// A callback that restores the initial weights after each step.
    struct Reset(Option<Weights>);
    impl Callback for Reset {
        fn on_train_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
            self.0 = Some(training.model().weights()?);
            Ok(())
        }

        fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
            let weights = self.0.as_ref().unwrap();
            training.model().set_weights(weights)?;
            assert_eq!(training.model().weights()?, *weights);
            Ok(())
        }
    }
    let mut model = model(3);
    let before = model.predict(&samples()).unwrap();
    let (mut reset, mut running) = (Reset(None), Running::default());
    model.fit_with(&samples(), &options(2), &mut [&mut reset, &mut running]).unwrap();
    assert_eq!(running.0.len(), 8);
    assert_eq!(model.predict(&samples()).unwrap(), before);
}

#[test]
fn weight_files_contain_the_statistics() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let mut trained = model(1);
    trained.fit(&samples(), &options(2)).unwrap();
    trained.weights().unwrap().save(&path).unwrap();
    let mut fresh = model(9);
    fresh.set_weights(&Weights::read(&path).unwrap()).unwrap();
    assert_eq!(fresh.predict(&samples()).unwrap(), trained.predict(&samples()).unwrap());
}
