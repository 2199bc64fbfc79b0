//! Adam: adaptive moment estimation.

use burn::{
    optim::{LearningRate as Rate, ModuleOptimizer, Optimizer as BurnOptimizer},
    tensor::{Device, Tensor},
};
use kindling_ops::update::{self, Rule};
use serde::{Deserialize, Serialize};

use super::{Clipping, Optimizer, check_epsilon, check_share, common_options, read_common_options};
use crate::{RecordState, TrainError, schedules::LearningRate};

/// The Adam optimizer: the running mean of the gradients, divided by the root of the running mean of their squares.
/// Keras' `Adam`.
///
/// `m += (1 - beta_1) * (g - m)`, `v += (1 - beta_2) * (g² - v)`,
/// `w -= learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon)`.
///
/// Source: Kingma and Ba, "Adam", 2014, the formula before section 2.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Adam {
    /// Learning rate. Default: 0.001.
    pub learning_rate: LearningRate,
    /// Update rule and its hyperparameters.
    #[serde(flatten)]
    pub rule: AdamRule,
    /// Gradient clipping. Default: none.
    #[serde(flatten)]
    pub clipping: Clipping,
    /// Decoupled weight decay. Default: none.
    pub weight_decay: Option<f64>,
}

/// The update rule of Adam as a [`burn::optim::Optimizer`], which takes the learning rate at each step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AdamRule {
    /// Decay rate of the running mean of the gradients. Default: 0.9.
    pub beta_1: f64,
    /// Decay rate of the running mean of the squared gradients. Default: 0.999.
    pub beta_2: f64,
    /// Constant added to the divisor for numerical stability. Default: 1e-7.
    pub epsilon: f64,
    /// Whether to use AMSGrad: divide by the maximum of the running mean so far instead of its current value.
    /// Default: false.
    pub amsgrad: bool,
}

impl Adam {
    /// Creates the optimizer with a learning rate and Keras' defaults.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self {
            learning_rate: learning_rate.into(),
            rule: AdamRule::default(),
            clipping: Clipping::default(),
            weight_decay: None,
        }
    }

    common_options!();
}

/// Uses a learning rate of 0.001.
impl Default for Adam {
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl Default for AdamRule {
    fn default() -> Self {
        Self { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, amsgrad: false }
    }
}

impl AdamRule {
    pub(super) fn slots(&self) -> Vec<Vec<&'static str>> {
        let mut slots = vec![vec!["momentum", "velocity"]];
        slots.extend(self.amsgrad.then(|| vec!["largest_velocity"]));
        slots
    }

    pub(super) fn in_place(&self) -> Box<dyn Rule> {
        let Self { beta_1, beta_2, epsilon, amsgrad } = *self;
        Box::new(update::Adam { beta_1, beta_2, epsilon, amsgrad })
    }

    pub(super) fn checked(&self) -> Result<ModuleOptimizer, TrainError> {
        check_share("beta_1", self.beta_1)?;
        check_share("beta_2", self.beta_2)?;
        check_epsilon(self.epsilon)?;
        Ok((*self).into())
    }
}

#[typetag::serde]
impl Optimizer for Adam {
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

/// The state of Adam for a weight.
#[derive(RecordState, Clone)]
pub struct AdamState<const D: usize> {
    steps: usize,
    momentum: Tensor<D>,
    velocity: Tensor<D>,
    largest_velocity: Option<Tensor<D>>,
}

impl BurnOptimizer for AdamRule {
    type State<const D: usize> = AdamState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: Rate,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<AdamState<D>>,
    ) -> (Tensor<D>, Option<AdamState<D>>) {
        let state = state.unwrap_or_else(|| AdamState {
            steps: 0,
            momentum: gradient.zeros_like(),
            velocity: gradient.zeros_like(),
            largest_velocity: self.amsgrad.then(|| gradient.zeros_like()),
        });
        let steps = state.steps + 1;
        let momentum = approach(state.momentum, gradient.clone(), 1.0 - self.beta_1);
        let velocity = approach(state.velocity, gradient.square(), 1.0 - self.beta_2);
        let largest_velocity = state.largest_velocity.map(|largest| largest.max_pair(velocity.clone()));

        // In f32, as in Keras, where 1 - 0.999 has a relative error of 5e-5.
        let remaining = |beta: f64| 1.0 - (beta as f32).powf(steps as f32);
        let rate = learning_rate as f32 * remaining(self.beta_2).sqrt() / remaining(self.beta_1);
        let root = largest_velocity.clone().unwrap_or_else(|| velocity.clone()).sqrt();
        let step = momentum.clone().mul_scalar(rate) / root.add_scalar(self.epsilon);
        (weight - step, Some(AdamState { steps, momentum, velocity, largest_velocity }))
    }

    fn to_device<const D: usize>(state: AdamState<D>, device: &Device) -> AdamState<D> {
        AdamState {
            steps: state.steps,
            momentum: state.momentum.to_device(device),
            velocity: state.velocity.to_device(device),
            largest_velocity: state.largest_velocity.map(|largest| largest.to_device(device)),
        }
    }
}

/// Returns `mean + (value - mean) * share`.
fn approach<const D: usize>(mean: Tensor<D>, value: Tensor<D>, share: f64) -> Tensor<D> {
    mean.clone() + (value - mean).mul_scalar(share)
}
