//! Two losses under one name. A test program of its own, since names are registered for the whole program.

use burn::tensor::{Device, Tensor};
use kindling_models::{Sequential, activations::Linear};
use kindling_train::{
    Compile,
    losses::{Loss, MeanSquaredError, Output, Target},
    optimizers::Sgd,
};
use serde::{Deserialize, Serialize};

/// Named as the built-in loss.
#[derive(Debug, Serialize, Deserialize)]
struct Huber {
    delta: f64,
}

#[typetag::serde]
impl Loss for Huber {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        output.per_sample((output.predictions() - target.values()).abs() * self.delta)
    }
}

#[test]
fn a_loss_under_a_name_that_is_taken_is_refused_when_the_model_is_compiled() {
    let network = Sequential::new(1).dense(1, Linear);
    let compiled = network.compile(Sgd::default(), Huber { delta: 1.0 }, ()).on(&Device::flex());
    let error = compiled.unwrap_err().to_string();
    assert!(error.starts_with("the loss Huber: two types are registered under one name"), "{error}");
    // Other losses do not suffer from it.
    assert!(network.compile(Sgd::default(), MeanSquaredError, ()).on(&Device::flex()).is_ok());
}
