//! Settings of the network and its training.

use kindling::{
    activations::{self, Activation},
    layers::Dense,
    losses::SparseCategoricalCrossentropy,
    metrics::Accuracy,
    models::{IntoPart, Part, Regularizer},
    optimizers::{self, Optimizer},
    prelude::*,
    splits::{HoldOut, train_test_split},
};
use serde::{Deserialize, Serialize};

use super::{Point, points::classes};
use crate::server::Refusal;

/// The activation of hidden layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the activations of these names")]
pub enum ActivationName {
    Relu,
    Tanh,
    Sigmoid,
    Linear,
}

/// The optimizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the optimizers of these names; momentum is SGD with momentum 0.9")]
pub enum OptimizerName {
    Sgd,
    Momentum,
    Rmsprop,
    Adam,
}

/// The settings of the page.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Settings {
    /// Number of hidden layers: 0 to 4.
    pub layers: usize,
    /// Units in each hidden layer: 1 to 64.
    pub width: usize,
    /// The activation of the hidden layers.
    pub activation: ActivationName,
    /// The optimizer.
    pub optimizer: OptimizerName,
    /// The learning rate: 1e-6 to 3.
    pub learning_rate: f64,
    /// Dropout rate after each hidden layer: 0 to 0.8.
    pub dropout: f64,
    /// L2 penalty: 0 to 0.1.
    pub l2: f64,
    /// Seed of the initial weights, batches, dropout and the validation split.
    pub seed: u32,
}

/// A request to start a training.
#[derive(Clone, Debug, Deserialize)]
pub struct Question {
    /// The points.
    pub points: Vec<Point>,
    /// The settings of the network and its training.
    pub settings: Settings,
}

/// A model before training, and its samples.
#[derive(Debug)]
pub struct Begun {
    /// The model.
    pub model: Model,
    /// Training samples: 70% of the points.
    pub train: Samples,
    /// Validation samples: 30% of the points.
    pub validation: Samples,
}

/// Fraction of the points held out for validation.
const VALIDATION: f64 = 0.3;

impl Question {
    /// Builds the model and splits the points.
    ///
    /// # Errors
    /// Returns an error if a setting is out of range or the points are invalid.
    pub fn begin(&self, device: &Device) -> Result<Begun, Refusal> {
        let settings = &self.settings;
        settings.check()?;
        let classes = classes(&self.points)?;
        let rows: Vec<[f32; 2]> = self.points.iter().map(|(x, y, _)| [*x, *y]).collect();
        let labels: Vec<i32> = self.points.iter().map(|(.., class)| i32::from(*class)).collect();
        let samples = Samples::new(Column::floats(rows)?, Column::classes(labels)?)?;
        let seed = u64::from(settings.seed);
        let hold_out = HoldOut::random(VALIDATION).seed(seed).stratified();
        let (train, validation) =
            train_test_split(&samples, &hold_out).map_err(|error| Refusal::bad(error.to_string()))?;
        let model = settings
            .network(classes)
            .compile(settings.optimizer(), SparseCategoricalCrossentropy, [Accuracy])
            .seed(seed)
            .on(device)?;
        Ok(Begun { model, train, validation })
    }
}

impl Settings {
    fn check(&self) -> Result<(), Refusal> {
        let check = |name: &str, value: f64, low: f64, high: f64| match (low..=high).contains(&value) {
            true => Ok(()),
            false => Err(Refusal::bad(format!("{name} is out of range ({value}): give {low} to {high}"))),
        };
        check("layers", self.layers as f64, 0.0, 4.0)?;
        check("width", self.width as f64, 1.0, 64.0)?;
        check("learning_rate", self.learning_rate, 1e-6, 3.0)?;
        check("dropout", self.dropout, 0.0, 0.8)?;
        check("l2", self.l2, 0.0, 0.1)
    }

    fn network(&self, classes: usize) -> Sequential {
        let activation: Part<dyn Activation> = match self.activation {
            ActivationName::Relu => activations::Relu.into_part(),
            ActivationName::Tanh => activations::Tanh.into_part(),
            ActivationName::Sigmoid => activations::Sigmoid.into_part(),
            ActivationName::Linear => activations::Linear.into_part(),
        };
        let dense = |units| Dense::new(units).kernel_regularizer(Regularizer::l2(self.l2));
        let hidden = |network: Sequential, _| {
            let network = network.layer(dense(self.width).activation(activation.clone()));
            if self.dropout > 0.0 { network.dropout(self.dropout) } else { network }
        };
        let output = dense(classes).activation(activations::Softmax);
        (0..self.layers).fold(Sequential::new(2), hidden).layer(output)
    }

    fn optimizer(&self) -> Part<dyn Optimizer> {
        match self.optimizer {
            OptimizerName::Sgd => optimizers::Sgd::new(self.learning_rate).into_part(),
            OptimizerName::Momentum => optimizers::Sgd::new(self.learning_rate).momentum(0.9).into_part(),
            OptimizerName::Rmsprop => optimizers::RmsProp::new(self.learning_rate).into_part(),
            OptimizerName::Adam => optimizers::Adam::new(self.learning_rate).into_part(),
        }
    }
}
