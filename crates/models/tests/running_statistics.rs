//! Burn's running statistics apply an update only at the next one. Weights that are read or loaded are not affected.

mod common;

use burn::{
    module::Module,
    nn::{BatchNorm, BatchNormConfig},
    tensor::Device,
};
use common::{assert_close, data, numbers, value};
use kindling_models::{Init, InputSpec, ModelError, Network, OutputSpec, Pass, Value, Weights};

#[derive(Module, Debug)]
struct Normalized {
    norm: BatchNorm,
}

impl Network for Normalized {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([2])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        vec![OutputSpec::new("norm", [2])]
    }

    fn forward(&self, mut inputs: Vec<Value>, _pass: &Pass) -> Result<Vec<Value>, ModelError> {
        Ok(vec![self.norm.forward(inputs.swap_remove(0).tensor::<2>()?).into()])
    }
}

fn network() -> Normalized {
    let build = |init: &mut Init| Ok(Normalized { norm: BatchNormConfig::new(2).init(init.device()) });
    Init::build(&Device::flex(), 0, build).unwrap().train()
}

/// Runs a training step with a batch whose means are 2 and -4.
fn step(network: &Normalized) {
    let batch = value(&[1.0, -3.0, 3.0, -5.0], &[2, 2]).autodiff();
    network.forward(vec![batch], &Pass::training(0, 0)).unwrap();
}

fn mean(network: &Normalized) -> Vec<f32> {
    let weights = Weights::of(network).unwrap();
    let (_, mean) = weights.iter().find(|(name, _)| *name == "norm.running_mean").unwrap();
    mean.as_slice::<f32>().unwrap().to_vec()
}

#[test]
fn weights_are_those_after_the_last_update() {
    let network = network();
    assert_eq!(mean(&network), [0.0, 0.0]);
    // Burn's momentum is 0.1: 0.9 * old + 0.1 * batch.
    for expected in [[0.2, -0.4], [0.38, -0.76], [0.542, -1.084]] {
        step(&network);
        assert_close(&mean(&network), &expected, 1e-6);
    }
}

#[test]
fn inference_uses_the_statistics_of_the_last_update() {
    let network = network();
    step(&network);
    let output = network.valid().forward(vec![value(&[0.2, -0.4], &[1, 2])], &Pass::inference()).unwrap();
    assert_close(&numbers(output.into_iter().next().unwrap()), &[0.0, 0.0], 1e-6);
    // A batch without autodiff does not change them.
    network.forward(vec![value(&[9.0; 4], &[2, 2])], &Pass::inference()).unwrap();
    assert_close(&mean(&network), &[0.2, -0.4], 1e-6);
}

#[test]
fn loaded_weights_are_not_overwritten_by_a_pending_update() {
    let trained = network();
    step(&trained);
    step(&trained);
    let given = Weights::from_tensors(vec![
        ("norm.gamma".into(), data(&[1.0, 2.0], &[2])),
        ("norm.beta".into(), data(&[0.5, 0.0], &[2])),
        ("norm.running_mean".into(), data(&[5.0, 6.0], &[2])),
        ("norm.running_var".into(), data(&[7.0, 8.0], &[2])),
    ]);
    let loaded = given.load_into(trained).unwrap();
    assert_eq!(Weights::of(&loaded).unwrap(), given);
    // The next update starts from the loaded values: 0.9 * 5 + 0.1 * 2, 0.9 * 6 + 0.1 * -4.
    step(&loaded);
    assert_close(&mean(&loaded), &[4.7, 5.0], 1e-6);
}
