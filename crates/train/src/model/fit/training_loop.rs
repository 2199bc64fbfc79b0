//! The training loop.

use std::{collections::BTreeMap, ops::Range, path::PathBuf, time::Instant};

use kindling_data::{Chunks, random::epoch_order};
use kindling_models::Network;
use serde_json::{Map, Value};

use super::{
    Callback, NotFiniteAction, Training,
    run_state::{Requests, Resumed},
    step::Refused,
};
use crate::{
    Receipt, TrainError, interrupt,
    metrics::Direction,
    model::{
        History, Logs, Model,
        feed::Feed,
        meter::{Fault, Meter},
    },
};

/// A call of `fit` whose arguments have been checked.
pub(super) struct Loop<'a, 'b, N: Network> {
    pub model: &'a mut Model<N>,
    pub validation: Option<Feed>,
    pub validation_freq: usize,
    pub epochs: Range<usize>,
    pub batch_size: usize,
    /// Steps per epoch.
    pub steps: usize,
    pub shuffle: bool,
    pub check_numerics: Option<NotFiniteAction>,
    pub callbacks: Vec<&'b mut dyn Callback>,
    /// Number of the user's callbacks, which come first. Their state is part of the run.
    pub with_state: usize,
    pub directions: Vec<(String, Direction)>,
    pub history: History,
    pub logs: Logs,
    pub stop: bool,
    pub requests: Requests,
    pub receipt: Option<Receipt>,
    /// The options that affect results, by name.
    pub options: Map<String, Value>,
    /// Computes the hashes of the data.
    pub fingerprints: &'a dyn Fn() -> Result<Map<String, Value>, TrainError>,
    /// The hashes of the data, once they have been computed.
    pub data: Option<Map<String, Value>>,
}

/// The training samples.
pub(super) enum TrainingData<'a> {
    Whole(&'a Feed),
    /// Chunks, which are read one at a time and weighted by class.
    Chunks(&'a dyn Chunks, &'a BTreeMap<i32, f64>),
}

impl TrainingData<'_> {
    fn parts(&self) -> usize {
        match self {
            Self::Whole(_) => 1,
            Self::Chunks(chunks, _) => chunks.lengths().len(),
        }
    }

    /// Returns the number of samples in a part.
    fn len(&self, part: usize) -> usize {
        match self {
            Self::Whole(feed) => feed.len(),
            Self::Chunks(chunks, _) => chunks.lengths()[part],
        }
    }
}

/// The name of the number of skipped steps in the logs.
const SKIPPED: &str = "skipped_steps";

/// A call of one of the methods of a callback.
type Event = fn(&mut dyn Callback, &mut Training) -> Result<(), TrainError>;

impl<N: Network> Loop<'_, '_, N> {
    pub fn run(mut self, training: &TrainingData) -> Result<History, TrainError> {
        let mut last = self.epochs.start;
        self.call(last, 0, None, |callback, training| callback.on_train_begin(training))?;
        let mut resumed = self.resume_requested()?;
        if resumed.is_none() {
            self.save_requested(self.epochs.start, 0, None, &|| 0.0)?;
        }
        self.requests.save.clear();
        if let Some(resumed) = &resumed {
            last = resumed.epoch.saturating_sub(1).max(self.epochs.start);
            self.epochs.start = resumed.epoch;
        }
        for epoch in self.epochs.clone() {
            if self.stop {
                break;
            }
            let started = Instant::now();
            last = epoch;
            let within = resumed.take().filter(|resumed| resumed.meter.is_some());
            let before = within.as_ref().map_or(0.0, |resumed| resumed.seconds);
            let seconds = || before + started.elapsed().as_secs_f64();
            if within.is_none() {
                self.logs = Logs::default();
                if self.check_numerics.is_some() {
                    self.logs.set(SKIPPED, 0.0);
                }
                self.call(epoch, 0, None, |callback, training| callback.on_epoch_begin(training))?;
                self.model.epoch += 1;
            }
            self.train(training, epoch, within, &seconds)?;
            self.model.check_weights(self.steps)?;
            if (epoch + 1) % self.validation_freq == 0 {
                self.validate()?;
            }
            let ends = interrupt::is_requested();
            self.call(epoch, self.steps, None, |callback, training| callback.on_epoch_end(training))?;
            self.history.push(&self.logs, seconds());
            let saved = self.save_requested(epoch + 1, 0, None, &|| 0.0)?;
            interrupted(ends, saved)?;
        }
        self.call(last, self.steps, None, |callback, training| callback.on_train_end(training))?;
        Ok(self.history)
    }

    /// Runs one epoch, or the rest of a resumed epoch.
    fn train(
        &mut self,
        training: &TrainingData,
        epoch: usize,
        resumed: Option<Resumed>,
        seconds: &dyn Fn() -> f64,
    ) -> Result<(), TrainError> {
        let past_epochs = self.model.epoch - 1;
        let at = |fault: Fault| fault.at("", past_epochs + 1);
        // Number of steps of this epoch that were completed before an interruption.
        let mut taken = resumed.as_ref().map_or(0, |resumed| resumed.step);
        let mut step = taken;
        self.model.check_learning_rates(self.steps.saturating_sub(taken) as u64)?;
        let meter = resumed.and_then(|resumed| resumed.meter);
        let mut meter = meter.unwrap_or_else(|| Meter::new(&self.model.heads));
        let seed = self.model.seed;
        let parts = training.parts();
        let parts_in_order = match self.shuffle {
            true => epoch_order(seed, past_epochs, parts),
            false => (0..parts).collect(),
        };
        for part in parts_in_order {
            let steps = training.len(part).div_ceil(self.batch_size);
            let skipped = taken.min(steps);
            taken -= skipped;
            if skipped == steps {
                continue;
            }
            let read;
            let feed = match training {
                TrainingData::Whole(feed) => feed,
                TrainingData::Chunks(chunks, class_weight) => {
                    read = self.model.feed_of(*chunks, part, class_weight)?;
                    &read
                }
            };
            let mut order = match self.shuffle {
                true => epoch_order(seed, past_epochs * parts + part, feed.len()),
                false => (0..feed.len()).collect(),
            };
            order.drain(..(skipped * self.batch_size).min(order.len()));
            let order = feed.order(order);
            feed.for_each_batch(&order, self.batch_size, |batch| {
                step += 1;
                match self.model.train_step(batch, self.check_numerics.is_some())? {
                    Ok(figures) => meter.add(figures).map_err(at)?,
                    Err(refused) => self.skip(refused, step)?,
                }
                let ends = interrupt::is_requested();
                self.call(epoch, step, Some(&mut meter), |callback, training| {
                    callback.on_batch_end(training)
                })?;
                let saved = self.save_requested(epoch, step, Some(&mut meter), seconds)?;
                interrupted(ends, saved)
            })?;
        }
        self.logs.update(meter.read().map_err(at)?);
        Ok(())
    }

    /// Skips a step whose loss or gradient is not finite, or returns the error, as `check_numerics` says.
    fn skip(&mut self, refused: Refused, step: usize) -> Result<(), TrainError> {
        let skipped = self.logs.get(SKIPPED).unwrap_or(0.0) + 1.0;
        if self.check_numerics == Some(NotFiniteAction::Stop) || skipped as usize == self.steps {
            return Err(refused.at(self.model.epoch, step));
        }
        self.logs.set(SKIPPED, skipped);
        if let Some(NotFiniteAction::LowerLearningRate(factor)) = self.check_numerics {
            self.model.set_learning_rate(self.model.learning_rate() * factor)?;
        }
        Ok(())
    }

    /// Evaluates the model on the validation samples, if there are any.
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
                requests: &mut self.requests,
                receipt: self.receipt.as_ref(),
                model: &mut *self.model,
            };
            event(&mut **callback, &mut training).map_err(|error| error.of_callback(callback.name()))?;
        }
        Ok(())
    }
}

/// Ends training if an interrupt was requested before callbacks were called (`ends`). After a later request,
/// callbacks have not yet saved the state.
fn interrupted(ends: bool, saved: Option<PathBuf>) -> Result<(), TrainError> {
    match ends {
        true => Err(TrainError::Interrupted { saved }),
        false => Ok(()),
    }
}
