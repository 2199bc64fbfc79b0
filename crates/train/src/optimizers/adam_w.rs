//! Adam with decoupled weight decay.

use burn::optim::ModuleOptimizer;
use kindling_ops::update::Rule;
use serde::{Deserialize, Serialize};

use super::{AdamRule, Clipping, Optimizer, common_options, read_common_options};
use crate::{TrainError, schedules::LearningRate};

/// The AdamW optimizer: [`Adam`](super::Adam) with decoupled weight decay. Keras' `AdamW`.
///
/// Before each step, `w -= learning_rate * weight_decay * w` for all trainable weights, including biases.
///
/// Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2017.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AdamW {
    /// Learning rate. Default: 0.001.
    pub learning_rate: LearningRate,
    /// Update rule and its hyperparameters.
    #[serde(flatten)]
    pub rule: AdamRule,
    /// Gradient clipping. Default: none.
    #[serde(flatten)]
    pub clipping: Clipping,
    /// Decoupled weight decay. Default: 0.004.
    pub weight_decay: Option<f64>,
}

impl AdamW {
    /// Creates the optimizer with a learning rate and Keras' defaults.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self {
            learning_rate: learning_rate.into(),
            rule: AdamRule::default(),
            clipping: Clipping::default(),
            weight_decay: Some(0.004),
        }
    }

    common_options!();
}

/// Uses a learning rate of 0.001.
impl Default for AdamW {
    fn default() -> Self {
        Self::new(0.001)
    }
}

#[typetag::serde]
impl Optimizer for AdamW {
    read_common_options!();

    fn slots(&self) -> Vec<Vec<&'static str>> {
        self.rule.slots()
    }

    fn rule(&self) -> Option<Box<dyn Rule>> {
        Some(self.rule.in_place())
    }

    fn build(&self) -> Result<ModuleOptimizer, TrainError> {
        self.rule.checked()
    }
}
