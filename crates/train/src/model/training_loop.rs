//! The only training loop.

use std::{collections::BTreeMap, ops::Range, time::Instant};

use kindling_data::{Chunks, random::epoch_order};
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

/// The samples of an epoch.
pub(super) enum TrainingData<'a> {
    Whole(&'a Feed),
    /// Read part by part, and weighted by class.
    Chunks(&'a dyn Chunks, &'a BTreeMap<i32, f64>),
}

impl TrainingData<'_> {
    fn parts(&self) -> usize {
        match self {
            Self::Whole(_) => 1,
            Self::Chunks(chunks, _) => chunks.lengths().len(),
        }
    }
}

/// One of the methods of a callback.
type Event = fn(&mut dyn Callback, &mut Training) -> Result<(), TrainError>;

impl<N: Network> Loop<'_, '_, N> {
    pub fn run(mut self, training: &TrainingData) -> Result<History, TrainError> {
        let mut history = History::new(self.directions.clone());
        let mut last = self.epochs.start;
        self.call(last, 0, None, |callback, training| callback.on_train_begin(training))?;
        for epoch in self.epochs.clone() {
            let started = Instant::now();
            last = epoch;
            self.logs = Logs::default();
            self.call(epoch, 0, None, |callback, training| callback.on_epoch_begin(training))?;
            self.train(training, epoch)?;
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
    fn train(&mut self, training: &TrainingData, epoch: usize) -> Result<(), TrainError> {
        let past_epochs = self.model.epoch;
        self.model.epoch += 1;
        let at = |fault: Fault| fault.at("", past_epochs + 1);
        let mut meter = Meter::new(&self.model.heads);
        let mut step = 0;
        let seed = self.model.seed;
        let parts = training.parts();
        let parts_in_order = match self.shuffle {
            true => epoch_order(seed, past_epochs, parts),
            false => (0..parts).collect(),
        };
        for part in parts_in_order {
            let read;
            let feed = match training {
                TrainingData::Whole(feed) => feed,
                TrainingData::Chunks(chunks, class_weight) => {
                    read = self.model.feed_of(*chunks, part, class_weight)?;
                    &read
                }
            };
            let order = match self.shuffle {
                true => epoch_order(seed, past_epochs * parts + part, feed.len()),
                false => (0..feed.len()).collect(),
            };
            let order = feed.order(order);
            feed.for_each_batch(&order, self.batch_size, |batch| {
                meter.add(self.model.train_step(batch)?).map_err(at)?;
                step += 1;
                self.call(epoch, step, Some(&mut meter), |callback, training| callback.on_batch_end(training))
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
