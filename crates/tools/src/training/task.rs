//! The type of prediction, with its output layer and loss.

use kindling::{
    activations::{Linear, Sigmoid, Softmax},
    losses::{BinaryCrossentropy, MeanSquaredError, SparseCategoricalCrossentropy},
    models::SequentialNetwork,
    optimizers::Adam,
    prelude::{Compile, Sequential},
    tables::Target,
    train::Compiling,
};
use serde::{Deserialize, Serialize};

/// The type of prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// A number.
    Regression,
    /// One of two classes.
    Binary,
    /// One of three or more classes.
    Multiclass,
}

impl Task {
    /// Returns the task for a target.
    pub fn of(target: &Target) -> Self {
        match target.classes().len() {
            0 => Self::Regression,
            2 => Self::Binary,
            _ => Self::Multiclass,
        }
    }

    /// Returns the name in `result.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Binary => "binary",
            Self::Multiclass => "multiclass",
        }
    }

    /// Returns the number of outputs of a network.
    pub fn outputs(self, target: &Target) -> usize {
        match self {
            Self::Regression | Self::Binary => 1,
            Self::Multiclass => target.classes().len(),
        }
    }

    /// Adds the output layer of the task to a network.
    pub fn last_layer(self, network: Sequential, target: &Target) -> Sequential {
        let outputs = self.outputs(target);
        match self {
            Self::Regression => network.dense(outputs, Linear),
            Self::Binary => network.dense(outputs, Sigmoid),
            Self::Multiclass => network.dense(outputs, Softmax),
        }
    }

    /// Compiles a network with the loss of the task.
    pub fn compile(self, network: &Sequential, optimizer: Adam) -> Compiling<'static, SequentialNetwork> {
        match self {
            Self::Regression => network.compile(optimizer, MeanSquaredError, ()),
            Self::Binary => network.compile(optimizer, BinaryCrossentropy::default(), ()),
            Self::Multiclass => network.compile(optimizer, SparseCategoricalCrossentropy, ()),
        }
    }
}
