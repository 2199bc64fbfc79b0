//! The trait of learning rate schedules.

use std::{any::Any, fmt::Debug};

use crate::TrainError;

/// A learning rate schedule: computes the learning rate of each training step.
///
/// ```
/// use burn::config::Config;
/// use kindling_train::{optimizers::Adam, schedules::Schedule};
///
/// /// A rate that decays with the square root of the number of steps.
/// #[derive(Config, Debug)]
/// struct InverseRoot {
///     initial_learning_rate: f64,
/// }
///
/// #[typetag::serde]
/// impl Schedule for InverseRoot {
///     fn rate(&self, step: u64) -> f64 {
///         self.initial_learning_rate / ((step + 1) as f64).sqrt()
///     }
/// }
///
/// let optimizer = Adam::new(InverseRoot::new(0.01));
/// ```
#[typetag::serde(tag = "class_name", content = "config")]
pub trait Schedule: Any + Debug + Send + Sync {
    /// Returns the learning rate of a step, counted from 0. It must be finite and not negative.
    fn rate(&self, step: u64) -> f64;

    /// Checks the arguments. Called when a model is compiled with the schedule. Default: accepts all arguments.
    ///
    /// # Errors
    /// Returns an error that names the schedule, the value and the remedy if an argument is invalid.
    fn check(&self) -> Result<(), TrainError> {
        Ok(())
    }

    /// Returns the name under which the schedule is saved: Keras' class name for built-in schedules, the name of the
    /// type for others.
    fn name(&self) -> &'static str {
        self.typetag_name()
    }
}

kindling_models::part_of!(Schedule);
