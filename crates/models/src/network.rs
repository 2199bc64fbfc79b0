//! The two traits that training rests on: what builds a network, and what a network is.

use burn::{
    module::Module,
    tensor::{Device, Tensor},
};
use kindling_data::random::{Purpose, generator};
use rand::rngs::ChaCha8Rng;

use crate::{Activation, Input, InputSpec, ModelError, Value};

/// A description that a network is built from: hyper-parameters, but no weights.
pub trait Architecture {
    /// What is built.
    type Network: Network;

    /// A network with fresh weights on `device`; the same seed gives the same weights on every backend.
    ///
    /// # Errors
    /// When a layer's hyper-parameters are not usable or shapes do not fit.
    fn build(&self, device: &Device, seed: u64) -> Result<Self::Network, ModelError>;
}

/// What `fit`, `evaluate` and `predict` ask of a Burn module.
pub trait Network: Module {
    /// What each input takes.
    fn inputs(&self) -> Vec<InputSpec>;

    /// Each output's name, shape and last activation.
    fn outputs(&self) -> Vec<OutputSpec>;

    /// From a batch of each input to each output **before its last activation**: losses are computed from these
    /// logits, where they are exact; [`OutputSpec::activation`] turns them into predictions.
    fn forward(&self, inputs: Vec<Input>, pass: Pass) -> Vec<Value>;

    /// The weight penalties to add to the training loss, shape `[1]`.
    fn penalty(&self) -> Option<Tensor<1>> {
        None
    }

    /// The name under which a weight is saved, from its path through the module's fields.
    fn weight_name(&self, path: &[String]) -> String {
        path.join(".")
    }

    /// JSON from which the network can be rebuilt before its weights are loaded, saved beside them.
    fn architecture_json(&self) -> Option<String> {
        None
    }
}

/// One output of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputSpec {
    /// Its name in histories, where there are several.
    pub name: String,
    /// The shape of one sample's output: `[units]`.
    pub shape: Vec<usize>,
    /// What turns logits into predictions.
    pub activation: Activation,
}

/// Why a network is run: layers such as dropout act in training only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// A training step (from 0), with the seed its random numbers come from.
    Training {
        /// The run's seed.
        seed: u64,
        /// Steps taken before this one.
        step: u64,
    },
    /// Evaluation or prediction: nothing is random.
    Inference,
}

impl Pass {
    /// The random numbers for the layer at place `layer` in this step; none in inference.
    pub fn generator(self, layer: usize) -> Option<ChaCha8Rng> {
        match self {
            // 2^12 layers, and 2^44 steps.
            Self::Training { seed, step } => {
                Some(generator(seed, Purpose::Dropout, step << 12 | layer as u64))
            }
            Self::Inference => None,
        }
    }
}
