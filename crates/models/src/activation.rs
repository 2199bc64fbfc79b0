//! Activation functions, under Keras' names.

use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

/// An activation function, applied element by element (softmax: along the last axis).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `x`: none.
    #[default]
    Linear,
    /// `max(x, 0)`.
    Relu,
    /// `x` where positive, `exp(x) - 1` elsewhere.
    Elu,
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-x))`: one probability a value.
    Sigmoid,
    /// `exp(x) / sum(exp(x))`: probabilities that add up to one along the last axis.
    Softmax,
}

impl Activation {
    /// The function's value for each element of `x`, of any shape.
    pub fn apply<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Linear => x,
            Self::Relu => activation::relu(x),
            Self::Elu => activation::elu(x, 1.0),
            Self::Tanh => activation::tanh(x),
            Self::Sigmoid => activation::sigmoid(x),
            Self::Softmax => activation::softmax(x, D - 1),
        }
    }
}
