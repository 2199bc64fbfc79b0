//! The trait of optimizers.

use std::{any::Any, fmt::Debug};

use burn::optim::ModuleOptimizer;
use kindling_ops::update::Rule;

use super::Clipping;
use crate::{TrainError, schedules::LearningRate};

/// The configuration of an optimizer: its learning rate, and a Burn optimizer that updates the weights.
///
/// ```
/// use burn::{config::Config, grad_clipping::GradientClippingConfig, optim::{LionConfig, ModuleOptimizer}};
/// use kindling_train::{TrainError, optimizers::Optimizer, schedules::LearningRate};
///
/// /// Burn's Lion, with Burn's gradient clipping.
/// #[derive(Config, Debug)]
/// struct Lion {
///     learning_rate: f64,
/// }
///
/// #[typetag::serde]
/// impl Optimizer for Lion {
///     fn learning_rate(&self) -> LearningRate {
///         self.learning_rate.into()
///     }
///
///     fn build(&self) -> Result<ModuleOptimizer, TrainError> {
///         let clipping = GradientClippingConfig::Norm(1.0);
///         Ok(LionConfig::new().with_grad_clipping(Some(clipping)).init())
///     }
/// }
/// ```
#[typetag::serde(tag = "class_name", content = "config")]
pub trait Optimizer: Any + Debug + Send + Sync {
    /// Returns the learning rate.
    fn learning_rate(&self) -> LearningRate;

    /// Builds the Burn optimizer for a module.
    ///
    /// # Errors
    /// Returns an error that names the hyperparameter, its value and the remedy if a hyperparameter is invalid.
    fn build(&self) -> Result<ModuleOptimizer, TrainError>;

    /// Returns the bounds to which gradients are clipped before a step. Default: no bounds.
    fn clipping(&self) -> Clipping {
        Clipping::default()
    }

    /// Returns the decoupled weight decay: before each step, `w -= learning_rate * weight_decay * w` for all
    /// trainable weights. Default: `None`.
    fn weight_decay(&self) -> Option<f64> {
        None
    }

    /// Returns the update rule for weights in host memory. On the CPU, it replaces the optimizer from
    /// [`build`](Self::build), and its state must have the same names. Default: `None`.
    fn rule(&self) -> Option<Box<dyn Rule>> {
        None
    }

    /// Returns the names of the tensors in the optimizer state, in the order in which Keras saves them: the tensors
    /// of the first group for each weight, then those of the next group. Default: empty, for an optimizer that Keras
    /// does not have.
    fn slots(&self) -> Vec<Vec<&'static str>> {
        Vec::new()
    }

    /// Returns the name under which the optimizer is saved: Keras' class name for built-in optimizers, the name of
    /// the type for others.
    fn name(&self) -> &'static str {
        self.typetag_name()
    }
}

kindling_models::part_of!(Optimizer);
