//! Stochastic gradient descent.

use burn::{
    optim::{LearningRate as Rate, ModuleOptimizer, Optimizer as BurnOptimizer},
    tensor::{Device, Tensor},
};
use kindling_ops::update::{self, Rule};
use serde::{Deserialize, Serialize};

use super::{Clipping, Optimizer, check_share, common_options, read_common_options};
use crate::{RecordState, TrainError, schedules::LearningRate};

/// Stochastic gradient descent, with optional momentum. Keras' `SGD`.
///
/// `w -= learning_rate * g`; with momentum, `m = momentum * m - learning_rate * g` and `w += m`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sgd {
    /// Learning rate. Default: 0.01.
    pub learning_rate: LearningRate,
    /// Update rule and its hyperparameters.
    #[serde(flatten)]
    pub rule: SgdRule,
    /// Gradient clipping. Default: none.
    #[serde(flatten)]
    pub clipping: Clipping,
    /// Decoupled weight decay. Default: none.
    pub weight_decay: Option<f64>,
}

/// The update rule of SGD as a [`burn::optim::Optimizer`], which takes the learning rate at each step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SgdRule {
    /// Momentum: the fraction of the previous update that is added to the next one. Default: 0.
    pub momentum: f64,
    /// Whether to use Nesterov momentum. Default: false.
    pub nesterov: bool,
}

impl Sgd {
    /// Creates the optimizer with a learning rate, without momentum.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self {
            learning_rate: learning_rate.into(),
            rule: SgdRule::default(),
            clipping: Clipping::default(),
            weight_decay: None,
        }
    }

    /// Sets the momentum: the fraction of the previous update that is added to the next one. Default: 0.
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.rule.momentum = momentum;
        self
    }

    /// Sets whether to use Nesterov momentum. Default: false.
    pub fn nesterov(mut self, nesterov: bool) -> Self {
        self.rule.nesterov = nesterov;
        self
    }

    common_options!();
}

/// Uses a learning rate of 0.01.
impl Default for Sgd {
    fn default() -> Self {
        Self::new(0.01)
    }
}

#[typetag::serde(name = "SGD")]
impl Optimizer for Sgd {
    read_common_options!();

    fn slots(&self) -> Vec<Vec<&'static str>> {
        if self.rule.momentum == 0.0 { Vec::new() } else { vec![vec!["momentum"]] }
    }

    fn rule(&self) -> Option<Box<dyn Rule>> {
        let SgdRule { momentum, nesterov, .. } = self.rule;
        Some(Box::new(update::Sgd { momentum, nesterov }))
    }

    fn build(&self) -> Result<ModuleOptimizer, TrainError> {
        check_share("momentum", self.rule.momentum)?;
        Ok(self.rule.into())
    }
}

/// The state of SGD with momentum for a weight.
#[derive(RecordState, Clone)]
pub struct SgdState<const D: usize> {
    momentum: Tensor<D>,
}

impl BurnOptimizer for SgdRule {
    type State<const D: usize> = SgdState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: Rate,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<SgdState<D>>,
    ) -> (Tensor<D>, Option<SgdState<D>>) {
        let step = gradient.mul_scalar(learning_rate);
        if self.momentum == 0.0 {
            return (weight - step, None);
        }
        let momentum = match state {
            Some(state) => state.momentum.mul_scalar(self.momentum) - step.clone(),
            None => step.clone().neg(),
        };
        let weight = match self.nesterov {
            true => weight + (momentum.clone().mul_scalar(self.momentum) - step),
            false => weight + momentum.clone(),
        };
        (weight, Some(SgdState { momentum }))
    }

    fn to_device<const D: usize>(state: SgdState<D>, device: &Device) -> SgdState<D> {
        SgdState { momentum: state.momentum.to_device(device) }
    }
}
