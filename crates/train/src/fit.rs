//! The training loop.

use std::time::{Duration, Instant};

use kindling_data::{Samples, random::epoch_order};
use kindling_models::Network;

use crate::{
    Callback, History, Logs, Model, TrainError,
    callbacks::{Progress, Training},
    feed::Feed,
    meter::{Fault, Meter},
};

/// How to train: Keras' arguments of `fit`, with its defaults.
pub struct FitOptions {
    epochs: usize,
    /// 32 if not given, or all samples where there are fewer.
    batch_size: Option<usize>,
    validation: Validation,
    shuffle: bool,
    verbose: bool,
    callbacks: Vec<Box<dyn Callback>>,
}

/// Keras' default.
const DEFAULT_BATCH_SIZE: usize = 32;

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
            batch_size: None,
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

    /// Samples a step; 32, or all where there are fewer. The last batch of an epoch holds what is left.
    pub fn batch_size(self, batch_size: usize) -> Self {
        Self { batch_size: Some(batch_size), ..self }
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
        if training.is_empty() {
            return Err(TrainError::Mismatch(
                "no samples are left to train on: give more, or hold out fewer".into(),
            ));
        }
        if let Some(size) = self.batch_size.filter(|size| !(1..=training.len()).contains(size)) {
            let remedy =
                format!("give a number from 1 to the number of training samples, {}", training.len());
            return Err(TrainError::argument("batch_size", size, remedy));
        }
        Ok((training, validation))
    }
}

impl<N: Network> Model<N> {
    /// Trains on `samples` and returns the record of every epoch. A second call goes on where the first one ended.
    ///
    /// # Errors
    /// Before anything is trained: when an option is not usable, or samples, loss and network do not fit each other.
    /// Later: when the loss is not finite any more, or a callback fails.
    pub fn fit(&mut self, samples: &Samples, options: FitOptions) -> Result<History, TrainError> {
        let (training, validation) = options.checked(samples)?;
        self.check(&training)?;
        if let Some(validation) = &validation {
            self.check(validation)
                .map_err(|error| TrainError::Mismatch(format!("in the validation data, {error}")))?;
        }
        let mut callbacks = options.callbacks;
        if options.verbose {
            callbacks.push(Box::new(Progress::default()));
        }
        let batch_size = options.batch_size.unwrap_or(DEFAULT_BATCH_SIZE).min(training.len());
        let device = self.device().clone();
        Loop {
            model: self,
            steps: training.len().div_ceil(batch_size),
            training: Feed::again(&training, &device),
            validation: validation.map(|validation| Feed::again(&validation, &device)),
            epochs: options.epochs,
            batch_size,
            shuffle: options.shuffle,
            callbacks,
            logs: Logs::default(),
            stop: false,
        }
        .run()
    }
}

/// A call of `fit`, once everything has been checked.
struct Loop<'a, N: Network> {
    model: &'a mut Model<N>,
    training: Feed,
    validation: Option<Feed>,
    epochs: usize,
    batch_size: usize,
    /// Steps an epoch.
    steps: usize,
    shuffle: bool,
    callbacks: Vec<Box<dyn Callback>>,
    logs: Logs,
    stop: bool,
}

/// How often callbacks get new figures within an epoch. Each time, the host waits for the device.
const LOGS_EVERY: Duration = Duration::from_millis(100);

impl<N: Network> Loop<'_, N> {
    fn run(mut self) -> Result<History, TrainError> {
        let mut history = History::default();
        self.call(0, 0, |callback, training| callback.on_train_begin(training))?;
        for epoch in 0..self.epochs {
            let started = Instant::now();
            self.logs = Logs::default();
            self.call(epoch, 0, |callback, training| callback.on_epoch_begin(training))?;
            self.train(epoch)?;
            self.validate()?;
            self.call(epoch, self.steps, |callback, training| callback.on_epoch_end(training))?;
            history.push(&self.logs, started.elapsed().as_secs_f64());
            if self.stop {
                break;
            }
        }
        self.call(history.epochs() - 1, self.steps, |callback, training| callback.on_train_end(training))?;
        Ok(history)
    }

    /// Goes through the training samples once.
    fn train(&mut self, epoch: usize) -> Result<(), TrainError> {
        let past_epochs = self.model.begin_epoch();
        let at = |fault: Fault| fault.at("", past_epochs + 1);
        let order = match self.shuffle {
            true => epoch_order(self.model.seed(), past_epochs, self.training.len()),
            false => (0..self.training.len()).collect(),
        };
        let order = self.training.order(order);
        let mut meter = Meter::new(self.model.heads());
        let mut read = Instant::now();
        for step in 0..self.steps {
            let batch = self.training.batch(&order, step * self.batch_size, self.batch_size);
            let figures = self.model.train_step(batch);
            meter.add(figures).map_err(at)?;
            if read.elapsed() >= LOGS_EVERY {
                self.logs = meter.read().map_err(at)?;
                read = Instant::now();
            }
            self.call(epoch, step + 1, |callback, training| callback.on_batch_end(training))?;
        }
        self.logs = meter.read().map_err(at)?;
        Ok(())
    }

    /// Evaluates the validation samples, if there are any.
    fn validate(&mut self) -> Result<(), TrainError> {
        let Some(validation) = &self.validation else { return Ok(()) };
        let evaluated = self.model.evaluate_checked(validation);
        let evaluated = evaluated.map_err(|fault| fault.at("val_", self.model.epoch()))?;
        for (name, value) in evaluated.iter() {
            self.logs.set(format!("val_{name}"), value);
        }
        Ok(())
    }

    fn call(
        &mut self,
        epoch: usize,
        step: usize,
        call: impl Fn(&mut dyn Callback, &mut Training) -> Result<(), TrainError>,
    ) -> Result<(), TrainError> {
        let mut training = Training {
            epoch,
            epochs: self.epochs,
            step,
            steps: self.steps,
            logs: &mut self.logs,
            stop: &mut self.stop,
            model: &mut *self.model,
        };
        self.callbacks.iter_mut().try_for_each(|callback| call(callback.as_mut(), &mut training))
    }
}
