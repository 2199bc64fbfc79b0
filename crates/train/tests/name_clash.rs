//! Two losses with the same name. A separate test binary, because names are registered for the whole process.

use burn::tensor::{Device, Tensor};
use kindling_models::{Sequential, activations::Linear};
use kindling_train::{
    Compile,
    losses::{Loss, MeanSquaredError, Output, Target},
    optimizers::Sgd,
};
use serde::{Deserialize, Serialize};

/// Has the same name as a built-in loss.
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
fn compile_returns_an_error_for_a_loss_with_a_duplicate_name() {
    let network = Sequential::new(1).dense(1, Linear);
    let compiled = network.compile(Sgd::default(), Huber { delta: 1.0 }, ()).on(&Device::flex());
    let error = compiled.unwrap_err().to_string();
    assert!(error.starts_with("the loss Huber: two types are registered under one name"), "{error}");
    // Other losses are not affected.
    assert!(network.compile(Sgd::default(), MeanSquaredError, ()).on(&Device::flex()).is_ok());
}
