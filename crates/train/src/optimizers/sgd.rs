//! Stochastic gradient descent.

use burn::{
    optim::{LearningRate, Optimizer},
    tensor::{Device, Tensor},
};
use serde::{Deserialize, Serialize};

use crate::RecordState;

/// Gradient descent: `w -= learning_rate * g`; with momentum, `m = momentum * m - learning_rate * g` and `w += m`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sgd {
    /// Size of a step; 0.01.
    pub learning_rate: f64,
    /// Share of the last step kept in the next one; 0.
    pub momentum: f64,
    /// Whether the gradient is taken to be that at the place momentum leads to; no.
    pub nesterov: bool,
}

impl Default for Sgd {
    fn default() -> Self {
        Self { learning_rate: 0.01, momentum: 0.0, nesterov: false }
    }
}

/// What SGD keeps for a weight between steps.
#[derive(RecordState, Clone)]
pub struct SgdState<const D: usize> {
    momentum: Tensor<D>,
}

impl Optimizer for Sgd {
    type State<const D: usize> = SgdState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
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
