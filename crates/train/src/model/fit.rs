//! The arguments of `fit`.

use std::{collections::BTreeMap, ops::Range};

use kindling_data::{Chunks, Samples, random::epoch_order};
use kindling_models::Network;
use serde_json::{Map, Value, json};

use super::{
    Callback, Feed, History, Logs, Model, NotFiniteAction, NotFiniteCause,
    class_weight::weighted,
    progress::Progress,
    run_state::Requests,
    training_loop::{Loop, TrainingData},
};
use crate::TrainError;

/// The options of [`Model::fit`]: Keras' arguments of `fit`, with its defaults.
///
/// ```
/// use kindling_train::FitOptions;
///
/// let options = FitOptions::new().epochs(20).batch_size(512).validation_split(0.2).class_weight([(0, 1.0), (1, 4.0)]);
/// ```
#[derive(Clone, Debug)]
pub struct FitOptions {
    epochs: usize,
    initial_epoch: usize,
    batch_size: usize,
    validation: Validation,
    validation_freq: usize,
    class_weight: BTreeMap<i32, f64>,
    shuffle: bool,
    check_numerics: Option<NotFiniteAction>,
    verbose: bool,
}

#[derive(Clone, Debug)]
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
            initial_epoch: 0,
            batch_size: 32,
            validation: Validation::None,
            validation_freq: 1,
            class_weight: BTreeMap::new(),
            shuffle: true,
            check_numerics: None,
            verbose: false,
        }
    }

    /// Sets the number of passes over the training data, or after [`initial_epoch`](Self::initial_epoch) the epoch at
    /// which training ends. Default: 1.
    pub fn epochs(self, epochs: usize) -> Self {
        Self { epochs, ..self }
    }

    /// Sets the epoch, from 0, at which callbacks begin to count. `epochs(10).initial_epoch(4)` trains for six epochs.
    /// Default: 0.
    pub fn initial_epoch(self, initial_epoch: usize) -> Self {
        Self { initial_epoch, ..self }
    }

    /// Sets the number of samples per step. The last batch of an epoch holds the remaining samples. A batch size above
    /// the number of samples is clamped to it. Default: 32.
    pub fn batch_size(self, batch_size: usize) -> Self {
        Self { batch_size, ..self }
    }

    /// Evaluates these samples after each epoch.
    pub fn validation_data(self, samples: &Samples) -> Self {
        Self { validation: Validation::Data(samples.clone()), ..self }
    }

    /// Holds out this share of the samples, taken from the end before any shuffling, and evaluates it after each epoch.
    pub fn validation_split(self, share: f64) -> Self {
        Self { validation: Validation::Split(share), ..self }
    }

    /// Validates only after every `epochs`-th epoch. Default: 1.
    pub fn validation_freq(self, epochs: usize) -> Self {
        Self { validation_freq: epochs, ..self }
    }

    /// Weights the loss of each training sample by its class. Classes that are not named have weight 1. The samples need
    /// one target with class indices, zeros and ones, or one-hot vectors. Default: none.
    pub fn class_weight(self, weights: impl IntoIterator<Item = (i32, f64)>) -> Self {
        Self { class_weight: weights.into_iter().collect(), ..self }
    }

    /// Sets whether the samples are shuffled before each epoch, by the model's seed. Default: true.
    pub fn shuffle(self, shuffle: bool) -> Self {
        Self { shuffle, ..self }
    }

    /// Checks loss and gradients of each step before it is taken, and sets what to do if one is infinite or not a number. The
    /// history then has `skipped_steps`, and a skipped step's batch is not part of the epoch's figures. An epoch of which all
    /// steps are skipped ends training. Each step waits for the device, and computes without kernels of several layers.
    ///
    /// Default: losses are checked when they are read back, at least once an epoch, and weights after each epoch; training ends
    /// if one of them is infinite or not a number.
    pub fn check_numerics(self, action: NotFiniteAction) -> Self {
        Self { check_numerics: Some(action), ..self }
    }

    /// Sets whether to show progress: a bar on standard error during an epoch, if that is a terminal, and a line on standard
    /// output after it. Default: false.
    pub fn verbose(self, verbose: bool) -> Self {
        Self { verbose, ..self }
    }

    /// The options that results depend on, by name.
    fn identity(&self, batch_size: usize) -> Map<String, Value> {
        let class_weight: Vec<(i32, f64)> = self.class_weight.clone().into_iter().collect();
        let options = json!({
            "batch_size": batch_size,
            "initial_epoch": self.initial_epoch,
            "validation_freq": self.validation_freq,
            "class_weight": class_weight,
            "shuffle": self.shuffle,
            "check_numerics": self.check_numerics.map(|action| format!("{action:?}")),
        });
        options.as_object().cloned().unwrap_or_default()
    }

    /// Returns the number of steps of all epochs of a training with these samples.
    ///
    /// # Errors
    /// When an option is not usable.
    pub fn total_steps(&self, samples: &Samples) -> Result<u64, TrainError> {
        Ok((self.epochs - self.initial_epoch) as u64 * self.steps_per_epoch(samples)? as u64)
    }

    /// Returns the steps of a training with these samples, of all epochs from 0 on.
    pub(crate) fn steps(&self, samples: &Samples) -> Result<Range<u64>, TrainError> {
        let steps = self.steps_per_epoch(samples)? as u64;
        Ok(self.initial_epoch as u64 * steps..self.epochs as u64 * steps)
    }

    /// Returns the number of steps of an epoch of a training with these samples.
    ///
    /// # Errors
    /// When an option is not usable.
    pub fn steps_per_epoch(&self, samples: &Samples) -> Result<usize, TrainError> {
        let (training, _) = self.checked(samples)?;
        Ok(training.len().div_ceil(self.batch_size.min(training.len())))
    }

    /// Checks the numbers.
    fn check(&self) -> Result<(), TrainError> {
        if self.epochs <= self.initial_epoch {
            let remedy = match self.initial_epoch {
                0 => "give at least 1".into(),
                initial => format!("give more than initial_epoch, which is {initial}"),
            };
            return Err(TrainError::argument("epochs", self.epochs, remedy));
        }
        for (name, value) in [("batch_size", self.batch_size), ("validation_freq", self.validation_freq)] {
            if value == 0 {
                return Err(TrainError::argument(name, 0, "give at least 1"));
            }
        }
        self.check_numerics.map_or(Ok(()), NotFiniteAction::check)
    }

    /// The samples to train on and to validate on, once every option has been checked.
    fn checked(&self, samples: &Samples) -> Result<(Samples, Option<Samples>), TrainError> {
        self.check()?;
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
        Ok((weighted(training, &self.class_weight)?, validation))
    }
}

impl<N: Network> Model<N> {
    /// Returns the samples that [`fit`](Self::fit) trains on in one of its steps, counted from 0 over all epochs, in a model that
    /// it begins with.
    ///
    /// # Errors
    /// As `fit`, before anything is trained.
    pub fn batch(&self, samples: &Samples, options: &FitOptions, step: u64) -> Result<Samples, TrainError> {
        let (training, _) = options.checked(samples)?;
        Ok(training.select(&self.batch_indices(samples, options, step)?)?)
    }

    /// Returns the positions among `samples` of those of a [`batch`](Self::batch), in its order.
    ///
    /// # Errors
    /// As [`batch`](Self::batch).
    pub fn batch_indices(
        &self,
        samples: &Samples,
        options: &FitOptions,
        step: u64,
    ) -> Result<Vec<usize>, TrainError> {
        let (training, _) = options.checked(samples)?;
        let size = options.batch_size.min(training.len());
        let steps = training.len().div_ceil(size) as u64;
        let order = match options.shuffle {
            true => epoch_order(self.seed(), (step / steps) as usize, training.len()),
            false => (0..training.len()).collect(),
        };
        let start = (step % steps) as usize * size;
        Ok(order[start..order.len().min(start + size)].to_vec())
    }

    /// Trains on `samples` and returns the record of every epoch. A second call continues where the first one ended.
    ///
    /// # Errors
    /// Before anything is trained: when an option is not usable, or samples, loss and network do not fit each other.
    /// Later: when the loss is not finite, or the device fails.
    pub fn fit(&mut self, samples: &Samples, options: &FitOptions) -> Result<History, TrainError> {
        self.fit_with(samples, options, &mut [])
    }

    /// As [`fit`](Self::fit), with callbacks, which are called in this order and can be read afterwards.
    ///
    /// ```
    /// # use burn::tensor::Device;
    /// # use kindling_data::{Column, Samples};
    /// # use kindling_models::{Sequential, activations::Linear};
    /// # use kindling_train::{Compile, FitOptions, callbacks::{CsvLogger, EarlyStopping}};
    /// # use kindling_train::{losses::MeanSquaredError, optimizers::Sgd};
    /// # let samples = Samples::new(Column::floats(vec![[1.0], [2.0]])?, Column::floats(vec![2.0, 4.0])?)?;
    /// # let mut model = Sequential::new(1).dense(1, Linear)
    /// #     .compile(Sgd::default(), MeanSquaredError, ()).on(&Device::flex())?;
    /// let mut stopping = EarlyStopping::new("loss").patience(2);
    /// model.fit_with(&samples, &FitOptions::new().epochs(3), &mut [&mut stopping])?;
    /// println!("best epoch: {:?}", stopping.best_epoch());
    /// # Ok::<(), kindling_train::TrainError>(())
    /// ```
    ///
    /// # Errors
    /// As [`fit`](Self::fit), and when a callback fails.
    pub fn fit_with(
        &mut self,
        samples: &Samples,
        options: &FitOptions,
        callbacks: &mut [&mut dyn Callback],
    ) -> Result<History, TrainError> {
        let (training, validation) = options.checked(samples)?;
        let training = self.prepared(&training)?.into_owned();
        self.check(&training)?;
        let validation = self.checked_validation(validation)?;
        let batch_size = options.batch_size.min(training.len());
        let steps = training.len().div_ceil(batch_size);
        let feed = Feed::again(&training, &self.device).for_network(self.network());
        let data = || Ok(training.fingerprint());
        self.run(&TrainingData::Whole(&feed), &data, validation, options, batch_size, steps, callbacks)
            .map_err(|error| located(error, &training))
    }

    /// As [`fit_with`](Self::fit_with), on samples that do not fit in memory. Chunks are read in a shuffled order, and samples
    /// are shuffled within their chunk: a chunk is the window of the shuffle. A batch holds samples of one chunk. With one
    /// chunk, the result is that of [`fit_with`](Self::fit_with).
    ///
    /// # Errors
    /// As [`fit_with`](Self::fit_with), and if a chunk cannot be read, there is none, or `validation_split` is set.
    pub fn fit_chunks(
        &mut self,
        chunks: &dyn Chunks,
        options: &FitOptions,
        callbacks: &mut [&mut dyn Callback],
    ) -> Result<History, TrainError> {
        options.check()?;
        let lengths = chunks.lengths();
        if lengths.is_empty() || lengths.contains(&0) {
            return Err(TrainError::Mismatch("a chunk, or all of them, has no samples: leave it out".into()));
        }
        let validation = match &options.validation {
            Validation::None => None,
            Validation::Data(validation) => Some(validation.clone()),
            Validation::Split(share) => {
                let remedy = "it needs all samples: give other chunks as validation_data";
                return Err(TrainError::argument("validation_split", share, remedy));
            }
        };
        let validation = self.checked_validation(validation)?;
        self.feed_of(chunks, 0, &options.class_weight)?;
        let batch_size = options.batch_size.min(lengths.iter().copied().max().unwrap_or(1));
        let steps = lengths.iter().map(|length| length.div_ceil(batch_size)).sum();
        let training = TrainingData::Chunks(chunks, &options.class_weight);
        let data = || {
            let fingerprint = |index| Ok(chunks.read(index)?.fingerprint());
            Ok((0..lengths.len()).map(fingerprint).collect::<Result<Vec<String>, TrainError>>()?.join(" "))
        };
        self.run(&training, &data, validation, options, batch_size, steps, callbacks)
    }

    /// Reads a chunk.
    pub(super) fn feed_of(
        &self,
        chunks: &dyn Chunks,
        index: usize,
        class_weight: &BTreeMap<i32, f64>,
    ) -> Result<Feed, TrainError> {
        let samples = weighted(chunks.read(index)?, class_weight)?;
        let samples = self.prepared(&samples)?.into_owned();
        self.check(&samples).map_err(|error| TrainError::Mismatch(format!("in chunk {index}, {error}")))?;
        Ok(Feed::once(&samples, &self.device).for_network(self.network()))
    }

    fn checked_validation(&self, validation: Option<Samples>) -> Result<Option<Samples>, TrainError> {
        let check = |validation: Samples| {
            let validation = self.prepared(&validation)?.into_owned();
            self.check(&validation)
                .map_err(|error| TrainError::Mismatch(format!("in the validation data, {error}")))?;
            Ok(validation)
        };
        validation.map(check).transpose()
    }

    /// Runs the loop, once everything has been checked. `data` is a hash of the training samples.
    #[expect(clippy::too_many_arguments, reason = "called in two places, with what each has found out")]
    fn run(
        &mut self,
        training: &TrainingData,
        data: &dyn Fn() -> Result<String, TrainError>,
        validation: Option<Samples>,
        options: &FitOptions,
        batch_size: usize,
        steps: usize,
        callbacks: &mut [&mut dyn Callback],
    ) -> Result<History, TrainError> {
        let epochs = options.initial_epoch..options.epochs;
        self.updater.learning_rate().check(self.step..self.step + (epochs.len() as u64) * steps as u64)?;
        let fingerprints = || {
            let validation = validation.as_ref().map(Samples::fingerprint);
            let named = [("training_data", data()?.into()), ("validation_data", validation.into())];
            Ok(named.map(|(name, hash): (_, Value)| (name.to_owned(), hash)).into_iter().collect())
        };
        let feed = |validation: &Samples| Feed::again(validation, &self.device).for_network(self.network());
        let feed = validation.as_ref().map(feed);
        let mut progress = Progress::default();
        let mut called: Vec<&mut dyn Callback> =
            callbacks.iter_mut().map(|callback| &mut **callback as _).collect();
        let with_state = called.len();
        if options.verbose {
            called.push(&mut progress);
        }
        let directions = super::meter::directions(&self.heads);
        Loop {
            validation: feed,
            validation_freq: options.validation_freq,
            epochs,
            batch_size,
            steps,
            shuffle: options.shuffle,
            check_numerics: options.check_numerics,
            callbacks: called,
            with_state,
            history: History::new(directions.clone()),
            directions,
            model: self,
            logs: Logs::default(),
            stop: false,
            requests: Requests::default(),
            receipt: None,
            options: options.identity(batch_size),
            fingerprints: &fingerprints,
            data: None,
        }
        .run(training)
        .map_err(|error| match &validation {
            Some(validation) => located(error, validation),
            None => error,
        })
    }
}

/// Adds the value of the samples that has made a loss infinite or not a number, if there is one.
fn located(mut error: TrainError, samples: &Samples) -> TrainError {
    if let TrainError::NotFinite { cause, .. } = &mut error
        && cause.is_none()
    {
        *cause = samples.check_finite().err().map(|error| Box::new(NotFiniteCause::Data(error)));
    }
    error
}
