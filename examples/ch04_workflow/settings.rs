//! The settings of a network and its training, and the search space.

use std::fmt;

use kindling::{
    activations::{Activation, Relu},
    data::IntoShape,
    experiments::SearchSpace,
    layers::Dense,
    models::{IntoPart, Regularizer},
    prelude::*,
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Settings {
    /// Number of hidden layers.
    pub layers: usize,
    /// Units of each hidden layer.
    pub units: usize,
    /// Dropout rate after each hidden layer.
    pub dropout: f64,
    /// Factor of the L2 penalty in each hidden layer.
    pub l2: f64,
    /// Learning rate of the optimizer.
    pub learning_rate: f64,
}

impl Settings {
    /// Returns the search space, with the given numbers of units and learning rates around the given one.
    pub fn space(units: [usize; 3], learning_rate: f64) -> SearchSpace {
        SearchSpace::new()
            .choice("layers", [1, 2])
            .choice("units", units)
            .choice("dropout", [0.0, 0.25, 0.5])
            .choice("l2", [0.0, 0.0001, 0.001])
            .choice("learning_rate", [learning_rate / 2.0, learning_rate, learning_rate * 2.0])
    }

    /// Returns the network: hidden layers with ReLU, and a last layer of `outputs` units.
    pub fn network(
        &self,
        input: impl IntoShape,
        outputs: usize,
        activation: impl IntoPart<dyn Activation>,
    ) -> Sequential {
        let hidden = Dense::new(self.units).activation(Relu).kernel_regularizer(Regularizer::l2(self.l2));
        let stack = (0..self.layers).fold(Sequential::new(input), |stack, _| {
            let stack = stack.layer(hidden.clone());
            if self.dropout == 0.0 { stack } else { stack.dropout(self.dropout) }
        });
        stack.dense(outputs, activation)
    }
}

/// Formats the settings: `2 x 64 units, dropout 0.25, L2 0.001, learning rate 0.001`.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { layers, units, dropout, l2, learning_rate } = self;
        write!(f, "{layers} x {units} units, dropout {dropout}, L2 {l2}, learning rate {learning_rate}")
    }
}
