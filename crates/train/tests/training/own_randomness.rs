//! Modules with Burn's initializers, dropout and noise give the same result for the same seed, on any number of
//! threads.

use crate::common::{classifier, cpu, flowers, json, parameters};
use burn::{
    module::Module,
    nn::{Dropout, DropoutConfig, GaussianNoise, GaussianNoiseConfig, Initializer, Linear, LinearConfig},
    tensor::Device,
};
use kindling_models::{
    Init, InputSpec, ModelError, Network, OutputSpec, Pass, Sequential, SequentialNetwork, Value,
    activations::{Relu, Softmax},
};
use kindling_train::{
    FitOptions, Model, TrainError,
    experiments::{Comparison, Experiment},
    losses::SparseCategoricalCrossentropy,
    metrics::Accuracy,
    optimizers::Adam,
};

/// Burn layers that use the random number generator of the device, with two equal Sequentials between them.
#[derive(Module, Debug)]
struct Random {
    noise: GaussianNoise,
    hidden: Linear,
    dropout: Dropout,
    first: SequentialNetwork,
    second: SequentialNetwork,
}

impl Random {
    fn build(init: &mut Init) -> Result<Self, ModelError> {
        let stack = Sequential::new(8).dense(8, Relu).dropout(0.5).dense(3, Softmax);
        let normal = Initializer::KaimingNormal { gain: 1.0, fan_out_only: false };
        Ok(Self {
            noise: GaussianNoiseConfig::new(0.1).init(),
            hidden: LinearConfig::new(4, 8).with_initializer(normal).init(init.device()),
            dropout: DropoutConfig::new(0.25).init(),
            first: stack.build(init)?,
            second: stack.build(init)?,
        })
    }
}

impl Network for Random {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([4])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        vec![OutputSpec::new("output", [3]).activation(Softmax)]
    }

    fn forward(&self, mut inputs: Vec<Value>, pass: &Pass) -> Result<Vec<Value>, ModelError> {
        let x = self.noise.forward(inputs.swap_remove(0).tensor::<2>()?);
        let hidden = Value::from(self.dropout.forward(self.hidden.forward(x)));
        let first = self.first.call(hidden.clone(), pass)?.tensor::<2>()?;
        Ok(vec![(first + self.second.call(hidden, pass)?.tensor::<2>()?).into()])
    }
}

fn compile(seed: u64) -> Result<Model<Random>, TrainError> {
    let compiling = Model::new(Random::build, Adam::new(0.01), SparseCategoricalCrossentropy, [Accuracy]);
    compiling.seed(seed).on(&Device::flex())
}

fn options() -> FitOptions {
    FitOptions::new().epochs(3).batch_size(8)
}

fn run(seed: u64) -> (Vec<u8>, Vec<f32>) {
    let mut model = compile(seed).unwrap();
    let history = model.fit(&flowers(40), &options().validation_split(0.25)).unwrap();
    (json(&history), parameters(&model.weights().unwrap()))
}

#[test]
fn same_seed_gives_the_same_result() {
    let first = run(5);
    assert!(run(5) == first);
    let other = run(6);
    assert_ne!(other.0, first.0);
    assert_ne!(other.1, first.1);
}

#[test]
fn initial_weights_depend_on_the_seed() {
    let weights = |seed| compile(seed).unwrap().weights().unwrap();
    assert_eq!(weights(1), weights(1));
    for ((name, one), (_, other)) in weights(1).iter().zip(weights(2).iter()) {
        assert!(name.ends_with("bias") || one != other, "{name} is the same for two seeds");
    }
}

#[test]
fn equal_sequentials_have_different_initial_weights() {
    let weights = compile(0).unwrap().weights().unwrap();
    let stack = |prefix: &str| -> Vec<f32> {
        let own = weights.iter().filter(|(name, _)| name.starts_with(prefix) && !name.ends_with("bias"));
        own.flat_map(|(_, data)| crate::common::values(data).to_vec()).collect()
    };
    let (first, second) = (stack("first."), stack("second."));
    assert_eq!(first.len(), 8 * 8 + 8 * 3);
    assert!(first.iter().zip(&second).all(|(first, second)| first != second));
}

#[test]
fn dropout_differs_between_two_calls_of_a_sequential() {
    let build = |init: &mut Init| Sequential::new(64).dropout(0.5).build(init);
    let stack = Init::build(&Device::flex(), 0, build).unwrap();
    let ones = || Value::from_data(crate::common::data(&[1.0; 64], [1, 64]), &Device::flex()).unwrap();
    let pass = Pass::training(0, 0);
    let [first, second] = [stack.call(ones(), &pass), stack.call(ones(), &pass)]
        .map(|value| value.unwrap().flatten().into_data());
    assert_ne!(first, second);
    let again = stack.call(ones(), &Pass::training(0, 0)).unwrap().flatten().into_data();
    assert_eq!(again, first);
}

/// Returns the JSON of all histories.
fn files(comparison: &Comparison) -> Vec<Vec<u8>> {
    comparison.variants().iter().flat_map(|variant| variant.histories.iter().map(json)).collect()
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let samples = flowers(60);
    let run = |jobs| {
        let experiment = Experiment::new(&samples.slice(0..40), &samples.slice(40..60), &options())
            .variant("random", |seed, _| compile(seed))
            .variant("another", |seed, _| compile(seed + 100))
            .variant("stack", |seed, _| Ok(classifier(seed)));
        files(&experiment.seeds(0..3).run(&cpu(jobs)).unwrap())
    };
    let one = run(1);
    assert_eq!(one.len(), 9);
    assert!((0..9).all(|i| !one[..i].contains(&one[i])), "two runs have the same result");
    assert!(run(2) == one && run(5) == one);
    // The same result as in a single run.
    let options = options().validation_data(&samples.slice(40..60));
    let alone = compile(2).unwrap().fit(&samples.slice(0..40), &options).unwrap();
    assert_eq!(json(&alone), one[2]);
}

#[test]
fn evaluation_and_prediction_use_no_random_numbers() {
    let samples = flowers(40);
    let [mut watched, mut alone] = [4, 4].map(|seed| compile(seed).unwrap());
    let first = watched.predict(&samples).unwrap();
    assert_eq!(watched.predict(&samples).unwrap(), first);
    assert_eq!(watched.evaluate(&samples).unwrap(), watched.evaluate(&samples).unwrap());
    assert_eq!(watched.fit(&samples, &options()).unwrap(), alone.fit(&samples, &options()).unwrap());
    assert_eq!(watched.weights().unwrap(), alone.weights().unwrap());
}
