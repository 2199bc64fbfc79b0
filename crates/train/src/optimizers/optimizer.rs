//! What an optimizer is.

use std::{any::Any, fmt::Debug};

use burn::optim::ModuleOptimizer;
use kindling_ops::update::Rule;

use super::Clipping;
use crate::{TrainError, schedules::LearningRate};

/// The configuration of an optimizer: its learning rate, and one of Burn's optimizers that takes the steps.
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

    /// Builds Burn's optimizer for a whole module.
    ///
    /// # Errors
    /// When a hyperparameter is not usable, naming it, its value and the remedy.
    fn build(&self) -> Result<ModuleOptimizer, TrainError>;

    /// Returns the bounds to which gradients are clipped before a step. Default: none.
    fn clipping(&self) -> Clipping {
        Clipping::default()
    }

    /// Returns the share of itself, times the learning rate, by which each trained weight is decreased before a step.
    /// Default: none.
    fn weight_decay(&self) -> Option<f64> {
        None
    }

    /// Returns the optimizer's arithmetic on numbers in memory, which takes the steps on the CPU in place of
    /// [`build`](Self::build)'s. Its state has the same names. Default: none.
    fn rule(&self) -> Option<Box<dyn Rule>> {
        None
    }

    /// Returns the names of the tensors in the optimizer's state, in the order in which Keras saves them: the tensors of
    /// the first group for each weight, then those of the next group. Default: none, for an optimizer that Keras does not
    /// have.
    fn slots(&self) -> Vec<Vec<&'static str>> {
        Vec::new()
    }

    /// Returns the name under which the optimizer is saved: Keras' class name for the built-in optimizers, the type's
    /// name for others.
    fn name(&self) -> &'static str {
        self.typetag_name()
    }
}

kindling_models::part_of!(Optimizer);
