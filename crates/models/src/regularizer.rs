//! Weight penalties.

use burn::{module::Param, tensor::Tensor};
use serde::{Deserialize, Serialize};

use crate::absolute;

/// A penalty on a weight that is added to the training loss: `l1 * sum(|w|) + l2 * sum(w²)`. Corresponds to
/// `keras.regularizers.L1L2`. Default: no penalty.
///
/// A layer with a different penalty returns it from [`LayerModule::penalty`](crate::layers::LayerModule::penalty).
///
/// ```
/// use kindling_models::{Regularizer, Sequential, activations::Relu, layers::Dense};
///
/// let penalized = Dense::new(16).activation(Relu).kernel_regularizer(Regularizer::l2(0.001));
/// let stack = Sequential::new(8).layer(penalized);
/// # let _ = stack;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Regularizer {
    /// Weight of the sum of absolute values.
    pub l1: f64,
    /// Weight of the sum of squares.
    pub l2: f64,
}

impl Regularizer {
    /// Creates the penalty `l1 * sum(|w|)`, which drives weights to zero.
    pub fn l1(l1: f64) -> Self {
        Self { l1, l2: 0.0 }
    }

    /// Creates the penalty `l2 * sum(w²)`, known as weight decay.
    pub fn l2(l2: f64) -> Self {
        Self { l1: 0.0, l2 }
    }

    /// Creates the penalty `l1 * sum(|w|) + l2 * sum(w²)`.
    pub fn l1_l2(l1: f64, l2: f64) -> Self {
        Self { l1, l2 }
    }

    /// Checks the penalties of a layer, given with their names.
    ///
    /// # Errors
    /// Returns a message that names a factor that is negative or not finite.
    pub(crate) fn check<const N: usize>(penalties: [(&str, &Self); N]) -> Result<(), String> {
        for (name, Self { l1, l2 }) in penalties {
            for (factor, value) in [("l1", *l1), ("l2", *l2)] {
                if !value.is_finite() || value < 0.0 {
                    return Err(format!("{name}: {factor} is {value}: give a finite number of at least 0"));
                }
            }
        }
        Ok(())
    }

    /// Returns the sum of a layer's penalties, or `None` if it has none.
    pub(crate) fn sum<const N: usize>(penalties: [Option<Tensor<1>>; N]) -> Option<Tensor<1>> {
        penalties.into_iter().flatten().reduce(Tensor::add)
    }

    /// Returns the penalty of an optional weight.
    pub(crate) fn of<const D: usize>(&self, weight: &Option<Param<Tensor<D>>>) -> Option<Tensor<1>> {
        weight.as_ref().and_then(|weight| self.penalty(weight.val()))
    }

    /// Returns the penalty of `weights`, shape `[1]`, or `None` if both factors are 0.
    pub fn penalty<const D: usize>(&self, weights: Tensor<D>) -> Option<Tensor<1>> {
        let l1 = (self.l1 > 0.0).then(|| absolute(weights.clone()).sum().mul_scalar(self.l1));
        let l2 = (self.l2 > 0.0).then(|| weights.square().sum().mul_scalar(self.l2));
        [l1, l2].into_iter().flatten().reduce(Tensor::add)
    }
}
