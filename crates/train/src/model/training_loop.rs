//! The only training loop.

use std::{ops::Range, time::Instant};

use kindling_data::random::epoch_order;
use kindling_models::Network;

use super::{
    Callback, History, Logs, Model, Training,
    feed::Feed,
    meter::{Fault, Meter},
};
use crate::{TrainError, metrics::Direction};

/// A call of `fit`, once everything has been checked.
pub(super) struct Loop<'a, 'b, N: Network> {
    pub model: &'a mut Model<N>,
    pub training: Feed,
    pub validation: Option<Feed>,
    pub validation_freq: usize,
    pub epochs: Range<usize>,
    pub batch_size: usize,
    /// Steps per epoch.
    pub steps: usize,
    pub shuffle: bool,
    pub callbacks: Vec<&'b mut dyn Callback>,
    pub directions: Vec<(String, Direction)>,
    pub logs: Logs,
    pub stop: bool,
}

/// One of the methods of a callback.
type Event = fn(&mut dyn Callback, &mut Training) -> Result<(), TrainError>;

impl<N: Network> Loop<'_, '_, N> {
    pub fn run(mut self) -> Result<History, TrainError> {
        let mut history = History::new(self.directions.clone());
        let mut last = self.epochs.start;
        self.call(last, 0, None, |callback, training| callback.on_train_begin(training))?;
        for epoch in self.epochs.clone() {
            let started = Instant::now();
            last = epoch;
            self.logs = Logs::default();
            self.call(epoch, 0, None, |callback, training| callback.on_epoch_begin(training))?;
            self.train(epoch)?;
            if (epoch + 1) % self.validation_freq == 0 {
                self.validate()?;
            }
            self.call(epoch, self.steps, None, |callback, training| callback.on_epoch_end(training))?;
            history.push(&self.logs, started.elapsed().as_secs_f64());
            if self.stop {
                break;
            }
        }
        self.call(last, self.steps, None, |callback, training| callback.on_train_end(training))?;
        Ok(history)
    }

    /// One pass over the training samples.
    fn train(&mut self, epoch: usize) -> Result<(), TrainError> {
        let past_epochs = self.model.epoch;
        self.model.epoch += 1;
        let at = |fault: Fault| fault.at("", past_epochs + 1);
        let order = match self.shuffle {
            true => epoch_order(self.model.seed, past_epochs, self.training.len()),
            false => (0..self.training.len()).collect(),
        };
        let order = self.training.order(order);
        let mut meter = Meter::new(&self.model.heads);
        for step in 0..self.steps {
            let batch = self.training.batch(&order, step * self.batch_size, self.batch_size)?;
            meter.add(self.model.train_step(batch)?).map_err(at)?;
            self.call(epoch, step + 1, Some(&mut meter), |callback, training| {
                callback.on_batch_end(training)
            })?;
        }
        self.logs.update(meter.read().map_err(at)?);
        Ok(())
    }

    /// Evaluates the validation samples, if there are any.
    fn validate(&mut self) -> Result<(), TrainError> {
        let Some(validation) = &self.validation else { return Ok(()) };
        for (name, value) in self.model.evaluate_feed(validation, "val_")?.iter() {
            self.logs.set(format!("val_{name}"), value);
        }
        Ok(())
    }

    fn call(
        &mut self,
        epoch: usize,
        step: usize,
        mut meter: Option<&mut Meter>,
        event: Event,
    ) -> Result<(), TrainError> {
        for callback in &mut self.callbacks {
            let mut training = Training {
                epoch,
                epochs: self.epochs.end,
                step,
                steps: self.steps,
                logs: &mut self.logs,
                meter: meter.as_deref_mut(),
                directions: &self.directions,
                validated: self.validation.is_some(),
                stop: &mut self.stop,
                model: &mut *self.model,
            };
            event(&mut **callback, &mut training).map_err(|error| error.of_callback(callback.name()))?;
        }
        Ok(())
    }
}
