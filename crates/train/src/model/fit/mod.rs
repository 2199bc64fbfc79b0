//! Training.

mod callback;
mod callback_state;
mod class_weight;
mod kernel_step;
mod numerics;
mod options;
mod progress;
mod run_state;
mod step;
mod training_loop;

use std::collections::BTreeMap;

use kindling_data::{Chunks, Samples, random::epoch_order};
use kindling_models::Network;
use serde_json::Value;

pub(crate) use self::{callback::with_room, run_state::difference};
pub use self::{
    callback::{Callback, Trained, Training},
    callback_state::CallbackState,
    numerics::{NotFiniteAction, NotFiniteCause},
    options::FitOptions,
};
use self::{
    class_weight::weighted,
    options::Validation,
    progress::Progress,
    run_state::Requests,
    training_loop::{Loop, TrainingData},
};
pub(super) use self::{run_state::RunState, step::GraphPass};
use super::{Feed, History, Logs, Model};
use crate::TrainError;

/// Number of steps whose learning rates are checked before training. Those of later steps are checked before their
/// epoch: a run that a callback stops may have any number of planned steps.
const CHECKED_BEFORE_TRAINING: u64 = 1 << 16;

impl<N: Network> Model<N> {
    /// Returns the samples of a training step of [`fit`](Self::fit) on a new model. `step` is counted from 0 over all
    /// epochs.
    ///
    /// # Errors
    /// Returns an error if an option or the class weights are invalid, or no samples are left to train on.
    pub fn batch(&self, samples: &Samples, options: &FitOptions, step: u64) -> Result<Samples, TrainError> {
        let (training, _) = options.checked(samples)?;
        Ok(training.select(&self.batch_indices(samples, options, step)?)?)
    }

    /// Returns the indices in `samples` of the samples of a [`batch`](Self::batch), in the order of the batch.
    ///
    /// # Errors
    /// See [`batch`](Self::batch).
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

    /// Trains on `samples` and returns the loss and metrics of every epoch. A second call continues training from the
    /// current weights and optimizer state.
    ///
    /// # Errors
    /// Returns an error before training if an option is invalid, or if the samples, loss and network do not fit
    /// together. Returns an error during training if the loss is not finite or the device fails.
    pub fn fit(&mut self, samples: &Samples, options: &FitOptions) -> Result<History, TrainError> {
        self.fit_with(samples, options, &mut [])
    }

    /// Trains like [`fit`](Self::fit), with callbacks. They are called in the given order.
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
    /// Returns an error in the cases of [`fit`](Self::fit), and if a callback fails.
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

    /// Trains like [`fit_with`](Self::fit_with), on samples that do not fit in memory and are read in chunks. The
    /// order of the chunks is shuffled, and samples are shuffled within their chunk, as in a shuffle buffer of one
    /// chunk. A batch never spans two chunks. With a single chunk, the result equals that of
    /// [`fit_with`](Self::fit_with). A class weight whose class no sample has is not an error: only one chunk is read
    /// before training.
    ///
    /// # Errors
    /// Returns an error in the other cases of [`fit_with`](Self::fit_with), and if a chunk cannot be read, there are
    /// no chunks, or `validation_split` is set.
    pub fn fit_chunks(
        &mut self,
        chunks: &dyn Chunks,
        options: &FitOptions,
        callbacks: &mut [&mut dyn Callback],
    ) -> Result<History, TrainError> {
        options.check()?;
        let lengths = chunks.lengths();
        if lengths.is_empty() || lengths.contains(&0) {
            return Err(TrainError::Mismatch(
                "there are no chunks, or one has no samples: give at least one chunk, and remove empty ones"
                    .into(),
            ));
        }
        let validation = match &options.validation {
            Validation::None => None,
            Validation::Data(validation) => Some(validation.clone()),
            Validation::Split(share) => {
                let remedy =
                    "it is not supported for chunks; hold out samples and give them as validation_data";
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

    /// Reads and checks a chunk.
    pub(super) fn feed_of(
        &self,
        chunks: &dyn Chunks,
        index: usize,
        class_weight: &BTreeMap<i32, f64>,
    ) -> Result<Feed, TrainError> {
        let samples = weighted(chunks.read(index)?, class_weight, false)?;
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

    /// Checks the learning rates of the next steps.
    fn check_learning_rates(&self, steps: u64) -> Result<(), TrainError> {
        self.updater.learning_rate().check(self.step..self.step.saturating_add(steps))
    }

    /// Runs the training loop, after all arguments have been checked. `data` computes a hash of the training samples.
    #[expect(clippy::too_many_arguments, reason = "internal, with two callers")]
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
        let planned = (epochs.len() as u64).saturating_mul(steps as u64);
        self.check_learning_rates(planned.min(CHECKED_BEFORE_TRAINING))?;
        let fingerprints = || {
            let validation = validation.as_ref().map(Samples::fingerprint);
            let named = [("training_data", data()?.into()), ("validation_data", validation.into())];
            Ok(named.map(|(name, hash): (_, Value)| (name.to_owned(), hash)).into_iter().collect())
        };
        let feed = |validation: &Samples| Feed::again(validation, &self.device).for_network(self.network());
        let feed = validation.as_ref().map(feed);
        let mut progress = Progress::default();
        let mut called = with_room(callbacks);
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

/// Adds the first value of the samples that is infinite or not a number to the error, if there is one.
fn located(mut error: TrainError, samples: &Samples) -> TrainError {
    if let TrainError::NotFinite { cause, .. } = &mut error
        && cause.is_none()
    {
        *cause = samples.check_finite().err().map(|error| Box::new(NotFiniteCause::Data(error)));
    }
    error
}
