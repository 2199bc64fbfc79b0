//! Optimizers with the update rules, names and defaults of Keras 3.
//!
//! The update rule of each optimizer is also a [`burn::optim::Optimizer`], for use in other training loops. The rules
//! differ from Burn's optimizers of the same names not only in defaults: RMSprop adds epsilon under the root; Adam
//! folds the bias correction into the step size and adds epsilon to the uncorrected root.

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

/// Defines the setters of the options that all Keras optimizers share.
macro_rules! common_options {
    () => {
        /// Sets the maximum norm of the gradient of each weight. Larger gradients are scaled down. Default: none.
        pub fn clipnorm(mut self, norm: f64) -> Self {
            self.clipping.clipnorm = Some(norm);
            self
        }

        /// Sets the maximum norm of all gradients together. Larger gradients are scaled down. Default: none.
        pub fn global_clipnorm(mut self, norm: f64) -> Self {
            self.clipping.global_clipnorm = Some(norm);
            self
        }

        /// Sets the maximum absolute value in gradients. Larger values are clipped. Default: none.
        pub fn clipvalue(mut self, value: f64) -> Self {
            self.clipping.clipvalue = Some(value);
            self
        }

        /// Sets the decoupled weight decay: before each step, `w -= learning_rate * weight_decay * w` for all trainable
        /// weights. Default: none; 0.004 for [`AdamW`](super::AdamW).
        pub fn weight_decay(mut self, weight_decay: f64) -> Self {
            self.weight_decay = Some(weight_decay);
            self
        }
    };
}

/// Implements the methods of [`Optimizer`] that return these options.
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
    Err(TrainError::argument(name, value, "give a number of at least 0 and less than 1"))
}

fn check_epsilon(epsilon: f64) -> Result<(), TrainError> {
    if epsilon.is_finite() && epsilon >= 0.0 {
        return Ok(());
    }
    Err(TrainError::argument("epsilon", epsilon, "give a small number such as 1e-7"))
}
