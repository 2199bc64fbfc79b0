//! RMSprop, the optimizer that the book uses most.

use burn::{
    optim::{LearningRate as Rate, ModuleOptimizer, Optimizer as BurnOptimizer},
    tensor::{Device, Tensor},
};
use kindling_ops::update::{self, Rule};
use serde::{Deserialize, Serialize};

use super::{Clipping, Optimizer, check_epsilon, check_share, common_options, read_common_options};
use crate::{RecordState, TrainError, schedules::LearningRate};

/// The RMSprop optimizer: the gradient divided by the root of the running mean of its square. Keras' `RMSprop`.
///
/// `v = rho * v + (1 - rho) * g²`, `w -= learning_rate * g / sqrt(v + epsilon)`.
///
/// Source: Hinton, "Neural Networks for Machine Learning", lecture 6e, 2012.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RmsProp {
    /// Learning rate. Default: 0.001.
    pub learning_rate: LearningRate,
    /// Update rule and its hyperparameters.
    #[serde(flatten)]
    pub rule: RmsPropRule,
    /// Gradient clipping. Default: none.
    #[serde(flatten)]
    pub clipping: Clipping,
    /// Decoupled weight decay. Default: none.
    pub weight_decay: Option<f64>,
}

/// The update rule of RMSprop as a [`burn::optim::Optimizer`], which takes the learning rate at each step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RmsPropRule {
    /// Decay rate of the running mean. Default: 0.9.
    pub rho: f64,
    /// Momentum: the fraction of the previous update that is added to the next one. Default: 0.
    pub momentum: f64,
    /// Constant added under the root for numerical stability. Default: 1e-7.
    pub epsilon: f64,
    /// Whether to use the estimated variance of the gradient instead of its mean square. Default: false.
    pub centered: bool,
}

impl RmsProp {
    /// Creates the optimizer with a learning rate and Keras' defaults.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self {
            learning_rate: learning_rate.into(),
            rule: RmsPropRule::default(),
            clipping: Clipping::default(),
            weight_decay: None,
        }
    }

    /// Sets the decay rate of the running mean. Default: 0.9.
    pub fn rho(mut self, rho: f64) -> Self {
        self.rule.rho = rho;
        self
    }

    /// Sets the momentum: the fraction of the previous update that is added to the next one. Default: 0.
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.rule.momentum = momentum;
        self
    }

    common_options!();
}

/// Uses a learning rate of 0.001.
impl Default for RmsProp {
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl Default for RmsPropRule {
    fn default() -> Self {
        Self { rho: 0.9, momentum: 0.0, epsilon: 1e-7, centered: false }
    }
}

#[typetag::serde(name = "RMSprop")]
impl Optimizer for RmsProp {
    read_common_options!();

    fn slots(&self) -> Vec<Vec<&'static str>> {
        let mut slots = vec![vec!["velocity"]];
        slots.extend((self.rule.momentum > 0.0).then(|| vec!["momentum"]));
        slots.extend(self.rule.centered.then(|| vec!["average_gradient"]));
        slots
    }

    fn rule(&self) -> Option<Box<dyn Rule>> {
        let RmsPropRule { rho, momentum, epsilon, centered } = self.rule;
        Some(Box::new(update::RmsProp { rho, momentum, epsilon, centered }))
    }

    fn build(&self) -> Result<ModuleOptimizer, TrainError> {
        check_share("rho", self.rule.rho)?;
        check_share("momentum", self.rule.momentum)?;
        check_epsilon(self.rule.epsilon)?;
        Ok(self.rule.into())
    }
}

/// The state of RMSprop for a weight.
#[derive(RecordState, Clone)]
pub struct RmsPropState<const D: usize> {
    velocity: Tensor<D>,
    momentum: Option<Tensor<D>>,
    average_gradient: Option<Tensor<D>>,
}

impl BurnOptimizer for RmsPropRule {
    type State<const D: usize> = RmsPropState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: Rate,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<RmsPropState<D>>,
    ) -> (Tensor<D>, Option<RmsPropState<D>>) {
        let (velocity, momentum, average_gradient) = match state {
            Some(state) => (Some(state.velocity), state.momentum, state.average_gradient),
            None => (None, None, None),
        };
        let velocity = running_mean(velocity, gradient.clone().square(), self.rho);
        let (variance, average_gradient) = match self.centered {
            true => {
                let average = running_mean(average_gradient, gradient.clone(), self.rho);
                (velocity.clone() - average.clone().square(), Some(average))
            }
            false => (velocity.clone(), None),
        };
        let step = gradient.mul_scalar(learning_rate) / variance.add_scalar(self.epsilon).sqrt();
        let (step, momentum) = match self.momentum > 0.0 {
            true => {
                let step =
                    momentum.map_or(step.clone(), |momentum| momentum.mul_scalar(self.momentum) + step);
                (step.clone(), Some(step))
            }
            false => (step, None),
        };
        (weight - step, Some(RmsPropState { velocity, momentum, average_gradient }))
    }

    fn to_device<const D: usize>(state: RmsPropState<D>, device: &Device) -> RmsPropState<D> {
        RmsPropState {
            velocity: state.velocity.to_device(device),
            momentum: state.momentum.map(|momentum| momentum.to_device(device)),
            average_gradient: state.average_gradient.map(|average| average.to_device(device)),
        }
    }
}

/// Returns `rho * mean + (1 - rho) * value`. The initial mean is zero.
fn running_mean<const D: usize>(mean: Option<Tensor<D>>, value: Tensor<D>, rho: f64) -> Tensor<D> {
    let value = value.mul_scalar(1.0 - rho);
    match mean {
        Some(mean) => mean.mul_scalar(rho) + value,
        None => value,
    }
}
