//! Optimizers with Keras 3's update rules, names and defaults.
//!
//! Each is also a [`burn::optim::Optimizer`], so it serves in a training loop of one's own just as well. They differ
//! from Burn's namesakes in more than defaults: RMSprop adds epsilon under the root, Adam folds the bias correction
//! into the step size and adds epsilon to the uncorrected root.

mod adam;
#[cfg(feature = "flex")]
mod in_place;
mod rmsprop;
mod sgd;

use burn::optim::ModuleOptimizer;
use serde::{Deserialize, Serialize};

pub use adam::Adam;
pub use rmsprop::RmsProp;
pub use sgd::Sgd;

use crate::TrainError;

/// An optimizer's hyper-parameters, checked once when a model is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "lowercase")]
pub enum Optimizer {
    /// Gradient descent, with momentum if wanted.
    Sgd(Sgd),
    /// The book's choice for nearly everything.
    RmsProp(RmsProp),
    /// Adaptive moments.
    Adam(Adam),
}

macro_rules! from_rule {
    ($($rule:ident),*) => {$(
        impl From<$rule> for Optimizer {
            fn from(rule: $rule) -> Self {
                Self::$rule(rule)
            }
        }
    )*};
}

from_rule!(Sgd, RmsProp, Adam);

impl Optimizer {
    /// The size of a step, before any schedule changes it.
    pub fn learning_rate(&self) -> f64 {
        match self {
            Self::Sgd(rule) => rule.learning_rate,
            Self::RmsProp(rule) => rule.learning_rate,
            Self::Adam(rule) => rule.learning_rate,
        }
    }

    /// The same optimizer with another learning rate.
    pub fn with_learning_rate(mut self, learning_rate: f64) -> Self {
        match &mut self {
            Self::Sgd(rule) => rule.learning_rate = learning_rate,
            Self::RmsProp(rule) => rule.learning_rate = learning_rate,
            Self::Adam(rule) => rule.learning_rate = learning_rate,
        }
        self
    }

    /// Burn's optimizer for a whole module, once every value has been checked.
    pub(crate) fn build(&self) -> Result<ModuleOptimizer, TrainError> {
        check_learning_rate(self.learning_rate())?;
        Ok(match *self {
            Self::Sgd(rule) => {
                check_share("momentum", rule.momentum)?;
                rule.into()
            }
            Self::RmsProp(rule) => {
                check_share("rho", rule.rho)?;
                check_share("momentum", rule.momentum)?;
                check_epsilon(rule.epsilon)?;
                rule.into()
            }
            Self::Adam(rule) => {
                check_share("beta_1", rule.beta_1)?;
                check_share("beta_2", rule.beta_2)?;
                check_epsilon(rule.epsilon)?;
                rule.into()
            }
        })
    }
}

pub(crate) fn check_learning_rate(rate: f64) -> Result<(), TrainError> {
    if rate.is_finite() && rate > 0.0 {
        return Ok(());
    }
    Err(TrainError::argument("learning_rate", rate, "give a number above 0, such as 0.001"))
}

fn check_share(name: &'static str, value: f64) -> Result<(), TrainError> {
    if (0.0..1.0).contains(&value) {
        return Ok(());
    }
    Err(TrainError::argument(name, value, "give a number from 0 up to but not including 1"))
}

fn check_epsilon(epsilon: f64) -> Result<(), TrainError> {
    if epsilon.is_finite() && epsilon >= 0.0 {
        return Ok(());
    }
    Err(TrainError::argument("epsilon", epsilon, "give a small number such as 1e-7"))
}
