//! RMSprop, the book's optimizer.

use burn::{
    optim::{LearningRate, Optimizer},
    tensor::{Device, Tensor},
};
use serde::{Deserialize, Serialize};

use crate::RecordState;

/// Divides each gradient by a running mean of its size:
/// `v = rho * v + (1 - rho) * g²` and `w -= learning_rate * g / sqrt(v + epsilon)`.
///
/// Source: Hinton, lecture 6e; as `keras.optimizers.RMSprop`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RmsProp {
    /// Size of a step; 0.001.
    pub learning_rate: f64,
    /// Share of the running mean kept at each step; 0.9.
    pub rho: f64,
    /// Share of the last step kept in the next one; 0.
    pub momentum: f64,
    /// Keeps the root from zero; 1e-7.
    pub epsilon: f64,
    /// Whether the variance is used in place of the mean square; no.
    pub centered: bool,
}

impl Default for RmsProp {
    fn default() -> Self {
        Self { learning_rate: 0.001, rho: 0.9, momentum: 0.0, epsilon: 1e-7, centered: false }
    }
}

/// What RMSprop keeps for a weight between steps.
#[derive(RecordState, Clone)]
pub struct RmsPropState<const D: usize> {
    velocity: Tensor<D>,
    momentum: Option<Tensor<D>>,
    average_gradient: Option<Tensor<D>>,
}

impl Optimizer for RmsProp {
    type State<const D: usize> = RmsPropState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
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
                let step = momentum.map_or(step.clone(), |momentum| momentum.mul_scalar(self.momentum) + step);
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

/// `rho * mean + (1 - rho) * value`, from a mean of zero at first.
fn running_mean<const D: usize>(mean: Option<Tensor<D>>, value: Tensor<D>, rho: f64) -> Tensor<D> {
    let value = value.mul_scalar(1.0 - rho);
    match mean {
        Some(mean) => mean.mul_scalar(rho) + value,
        None => value,
    }
}
