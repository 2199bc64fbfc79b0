//! What a schedule is.

use std::{any::Any, fmt::Debug};

use crate::TrainError;

/// A learning rate for each training step.
///
/// ```
/// use burn::config::Config;
/// use kindling_train::{optimizers::Adam, schedules::Schedule};
///
/// /// A rate that falls with the root of the number of steps.
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
    /// Returns the learning rate of a step, from the number of steps taken before it. It must be finite and not
    /// negative.
    fn rate(&self, step: u64) -> f64;

    /// Checks the arguments, when a model is compiled with the schedule. Default: accepts them.
    ///
    /// # Errors
    /// When an argument is not usable, naming the schedule, the value and the remedy.
    fn check(&self) -> Result<(), TrainError> {
        Ok(())
    }

    /// Returns the name under which the schedule is saved: Keras' class name for the built-in schedules, the type's name
    /// for others.
    fn name(&self) -> &'static str {
        self.typetag_name()
    }
}

kindling_models::part_of!(Schedule);
