//! The training loop.

use std::time::Instant;

use kindling_data::{Samples, random::epoch_order};
use kindling_models::Network;

use crate::{
    Callback, History, Logs, Model, TrainError,
    callbacks::{Progress, Training},
    meter::Meter,
};

/// How to train: Keras' arguments of `fit`, with its defaults.
pub struct FitOptions {
    epochs: usize,
    batch_size: usize,
    validation: Validation,
    shuffle: bool,
    verbose: bool,
    callbacks: Vec<Box<dyn Callback>>,
}

enum Validation {
    None,
    Data(Samples),
    /// The share of samples, from the end, that is held out.
    Split(f64),
}

impl Default for FitOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl FitOptions {
    /// One epoch in batches of 32, shuffled, without validation or output.
    pub fn new() -> Self {
        Self {
            epochs: 1,
            batch_size: 32,
            validation: Validation::None,
            shuffle: true,
            verbose: false,
            callbacks: Vec::new(),
        }
    }

    /// How often all samples are gone through; 1.
    pub fn epochs(self, epochs: usize) -> Self {
        Self { epochs, ..self }
    }

    /// Samples a step; 32. The last batch of an epoch holds what is left.
    pub fn batch_size(self, batch_size: usize) -> Self {
        Self { batch_size, ..self }
    }

    /// Evaluates these samples after each epoch.
    pub fn validation_data(self, samples: &Samples) -> Self {
        Self { validation: Validation::Data(samples.clone()), ..self }
    }

    /// Holds out this share of the samples, taken from the end before any shuffling, and evaluates it after each
    /// epoch.
    pub fn validation_split(self, share: f64) -> Self {
        Self { validation: Validation::Split(share), ..self }
    }

    /// Whether each epoch has an order of its own, drawn from the model's seed; yes.
    pub fn shuffle(self, shuffle: bool) -> Self {
        Self { shuffle, ..self }
    }

    /// Whether progress is shown: a bar while an epoch runs, where there is a terminal, and a line after it; no.
    pub fn verbose(self, verbose: bool) -> Self {
        Self { verbose, ..self }
    }

    /// Calls this one as training goes on, after those added before it.
    pub fn callback(mut self, callback: impl Callback + 'static) -> Self {
        self.callbacks.push(Box::new(callback));
        self
    }

    /// The samples to train on and those to validate on, once every value has been checked.
    fn checked(&self, samples: &Samples) -> Result<(Samples, Option<Samples>), TrainError> {
        if self.epochs == 0 {
            return Err(TrainError::argument("epochs", 0, "give at least 1"));
        }
        let (training, validation) = match &self.validation {
            Validation::None => (samples.clone(), None),
            Validation::Data(validation) => (samples.clone(), Some(validation.clone())),
            Validation::Split(share) => {
                if !(*share > 0.0 && *share < 1.0) {
                    return Err(TrainError::argument(
                        "validation_split",
                        share,
                        "give a share between 0 and 1",
                    ));
                }
                let training = (samples.len() as f64 * (1.0 - share)) as usize;
                (samples.slice(0..training), Some(samples.slice(training..samples.len())))
            }
        };
        let batches = 1..=training.len();
        if !batches.contains(&self.batch_size) {
            let remedy =
                format!("give a number from 1 to the number of training samples, {}", training.len());
            return Err(TrainError::argument("batch_size", self.batch_size, remedy));
        }
        Ok((training, validation))
    }
}

impl<N: Network> Model<N> {
    /// Trains on `samples` and returns the record of every epoch.
    ///
    /// # Errors
    /// Before anything is trained: when an option is not usable, or samples, loss and network do not fit each other.
    /// Later: when the loss is not finite any more, or a callback fails.
    pub fn fit(&mut self, samples: &Samples, options: FitOptions) -> Result<History, TrainError> {
        let (training, validation) = options.checked(samples)?;
        for part in std::iter::once(&training).chain(&validation) {
            self.check(part)?;
        }
        let FitOptions { epochs, batch_size, shuffle, verbose, mut callbacks, .. } = options;
        if verbose {
            callbacks.push(Box::new(Progress::default()));
        }
        let steps = training.len().div_ceil(batch_size);
        let mut history = History::default();
        let mut stop = false;
        let mut logs = Logs::default();
        let seed = self.seed();

        // What callbacks see; made anew for each call, since it borrows the model.
        macro_rules! call {
            ($method:ident, $epoch:expr, $step:expr) => {
                for callback in &mut callbacks {
                    let mut training = Training {
                        epoch: $epoch,
                        epochs,
                        step: $step,
                        steps,
                        logs: &mut logs,
                        stop: &mut stop,
                        model: &mut *self,
                    };
                    callback.$method(&mut training)?;
                }
            };
        }

        call!(on_train_begin, 0, 0);
        for epoch in 0..epochs {
            let started = Instant::now();
            logs = Logs::default();
            call!(on_epoch_begin, epoch, 0);
            let past = self.begin_epoch();
            let order = match shuffle {
                true => epoch_order(seed, past, training.len()),
                false => (0..training.len()).collect(),
            };
            let mut meter = Meter::new(self.objectives());
            let mut shown = Instant::now();
            for (step, positions) in order.chunks(batch_size).enumerate() {
                let figures = self.train_step(training.batch(positions));
                meter.add(figures).map_err(|fault| fault.at("", past + 1))?;
                if shown.elapsed().as_millis() >= 100 {
                    logs = meter.read().map_err(|fault| fault.at("", past + 1))?;
                    shown = Instant::now();
                }
                call!(on_batch_end, epoch, step + 1);
            }
            logs = meter.read().map_err(|fault| fault.at("", past + 1))?;
            if let Some(validation) = &validation {
                let evaluated =
                    self.evaluate_checked(validation).map_err(|fault| fault.at("val_", past + 1))?;
                for (name, value) in evaluated.iter() {
                    logs.set(format!("val_{name}"), value);
                }
            }
            call!(on_epoch_end, epoch, steps);
            history.push(&logs, started.elapsed().as_secs_f64());
            if stop {
                break;
            }
        }
        call!(on_train_end, history.epochs().saturating_sub(1), steps);
        Ok(history)
    }
}
