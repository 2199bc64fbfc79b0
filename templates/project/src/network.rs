//! The network: a custom Burn module.

use kindling::burn::nn::{Linear, LinearConfig};
use kindling::burn::tensor::activation::relu;
use kindling::burn::{self, module::Module};
use kindling::prelude::*;

/// A network with one hidden layer and a linear skip connection from the features to the output.
#[derive(Module, Debug)]
pub struct Shortcut {
    hidden: Linear,
    last: Linear,
    direct: Linear,
}

impl Shortcut {
    pub fn new(init: &mut Init, features: usize) -> Self {
        let linear = |inputs, outputs| LinearConfig::new(inputs, outputs).init(init.device());
        Self { hidden: linear(features, 64), last: linear(64, 1), direct: linear(features, 1) }
    }
}

impl Network for Shortcut {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([self.direct.weight.dims()[0]])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        vec![OutputSpec::new("rides", [1])]
    }

    fn forward(&self, inputs: Vec<Value>, _: &Pass) -> Result<Vec<Value>, ModelError> {
        let x = inputs[0].clone().tensor::<2>()?; // [batch, features]
        let hidden = self.last.forward(relu(self.hidden.forward(x.clone())));
        Ok(vec![(hidden + self.direct.forward(x)).into()]) // [batch, 1]
    }
}
