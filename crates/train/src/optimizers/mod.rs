//! Optimizers with the update rules, names and defaults of Keras 3.
//!
//! The update rule of each is also a [`burn::optim::Optimizer`], for other training loops. The rules differ from Burn's
//! optimizers of the same names in more than defaults: RMSprop adds epsilon under the root, Adam folds the bias correction into the
//! step size and adds epsilon to the uncorrected root.

mod adam;
mod adam_w;
mod clipping;
mod gradients;
mod in_place;
mod optimizer;
mod rmsprop;
mod sgd;
mod state;
mod update;

pub use adam::{Adam, AdamRule};
pub use adam_w::AdamW;
pub use clipping::Clipping;
pub(crate) use gradients::Gradients;
pub use optimizer::Optimizer;
pub use rmsprop::{RmsProp, RmsPropRule};
pub use sgd::{Sgd, SgdRule};
pub(crate) use state::{State, trained};
pub(crate) use update::Updater;

use crate::TrainError;

/// Defines the setters of the options that all of Keras' optimizers share.
macro_rules! common_options {
    () => {
        /// Scales the gradient of each weight down to at most this norm. Default: no bound.
        pub fn clipnorm(mut self, norm: f64) -> Self {
            self.clipping.clipnorm = Some(norm);
            self
        }

        /// Scales all gradients together down to at most this norm. Default: no bound.
        pub fn global_clipnorm(mut self, norm: f64) -> Self {
            self.clipping.global_clipnorm = Some(norm);
            self
        }

        /// Clips each value of a gradient to between minus and plus this value. Default: no bound.
        pub fn clipvalue(mut self, value: f64) -> Self {
            self.clipping.clipvalue = Some(value);
            self
        }

        /// Sets the weight decay: before each step, every trained weight is decreased by this share of itself times the
        /// learning rate.
        pub fn weight_decay(mut self, weight_decay: f64) -> Self {
            self.weight_decay = Some(weight_decay);
            self
        }
    };
}

/// Implements the methods of [`Optimizer`] that return those options.
macro_rules! read_common_options {
    () => {
        fn learning_rate(&self) -> $crate::schedules::LearningRate {
            self.learning_rate.clone()
        }

        fn clipping(&self) -> $crate::optimizers::Clipping {
            self.clipping
        }

        fn weight_decay(&self) -> Option<f64> {
            self.weight_decay
        }
    };
}

use {common_options, read_common_options};

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
