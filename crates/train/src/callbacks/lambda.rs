//! A callback created from closures.

use std::fmt;

use crate::{Callback, TrainError, Training};

type Event<'a> = Box<dyn FnMut(&mut Training) -> Result<(), TrainError> + 'a>;

/// Calls closures during training: Keras' `LambdaCallback`. The closures may borrow local variables.
///
/// ```
/// # use burn::tensor::Device;
/// # use kindling_data::{Column, Samples};
/// # use kindling_models::{Sequential, activations::Linear};
/// # use kindling_train::{Compile, FitOptions, losses::MeanSquaredError, optimizers::Sgd};
/// use kindling_train::callbacks::LambdaCallback;
///
/// # let samples = Samples::new(Column::floats(vec![[1.0], [2.0]])?, Column::floats(vec![2.0, 4.0])?)?;
/// # let mut model = Sequential::new(1).dense(1, Linear)
/// #     .compile(Sgd::default(), MeanSquaredError, ()).on(&Device::flex())?;
/// let mut losses = Vec::new();
/// let mut callback = LambdaCallback::new().on_batch_end(|training| {
///     losses.push(training.logs()?.require("loss")?);
///     Ok(())
/// });
/// model.fit_with(&samples, &FitOptions::new().epochs(3), &mut [&mut callback])?;
/// drop(callback);
/// assert_eq!(losses.len(), 3);
/// # Ok::<(), kindling_train::TrainError>(())
/// ```
#[derive(Default)]
pub struct LambdaCallback<'a> {
    train_begin: Option<Event<'a>>,
    epoch_begin: Option<Event<'a>>,
    batch_end: Option<Event<'a>>,
    epoch_end: Option<Event<'a>>,
    train_end: Option<Event<'a>>,
}

impl<'a> LambdaCallback<'a> {
    /// Creates a callback that does nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the closure to call before the first epoch.
    pub fn on_train_begin(self, event: impl FnMut(&mut Training) -> Result<(), TrainError> + 'a) -> Self {
        Self { train_begin: Some(Box::new(event)), ..self }
    }

    /// Sets the closure to call before each epoch.
    pub fn on_epoch_begin(self, event: impl FnMut(&mut Training) -> Result<(), TrainError> + 'a) -> Self {
        Self { epoch_begin: Some(Box::new(event)), ..self }
    }

    /// Sets the closure to call after each step.
    pub fn on_batch_end(self, event: impl FnMut(&mut Training) -> Result<(), TrainError> + 'a) -> Self {
        Self { batch_end: Some(Box::new(event)), ..self }
    }

    /// Sets the closure to call after each epoch, including its validation.
    pub fn on_epoch_end(self, event: impl FnMut(&mut Training) -> Result<(), TrainError> + 'a) -> Self {
        Self { epoch_end: Some(Box::new(event)), ..self }
    }

    /// Sets the closure to call after the last epoch.
    pub fn on_train_end(self, event: impl FnMut(&mut Training) -> Result<(), TrainError> + 'a) -> Self {
        Self { train_end: Some(Box::new(event)), ..self }
    }
}

fn call(event: &mut Option<Event>, training: &mut Training) -> Result<(), TrainError> {
    event.as_mut().map_or(Ok(()), |event| event(training))
}

impl Callback for LambdaCallback<'_> {
    fn on_train_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        call(&mut self.train_begin, training)
    }

    fn on_epoch_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        call(&mut self.epoch_begin, training)
    }

    fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        call(&mut self.batch_end, training)
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        call(&mut self.epoch_end, training)
    }

    fn on_train_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        call(&mut self.train_end, training)
    }
}

impl fmt::Debug for LambdaCallback<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LambdaCallback").finish_non_exhaustive()
    }
}
