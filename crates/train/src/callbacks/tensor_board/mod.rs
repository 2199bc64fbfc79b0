//! Writes metrics and weights for TensorBoard.
//!
//! Event files are written by this module, because the format is small (four messages in [`protobuf`], records with
//! checksums in [`event_file`]) and no actively maintained crate writes it. Of the crates on crates.io,
//! `tensorboard-rs` 0.5.9 depends on protobuf 2 and image 0.23, `tboard` 0.1.1 on prost 0.12 and an installed
//! `protoc`, and `tfrecord` 0.15.0 on prost 0.12, with about a hundred transitive dependencies. The checksum takes
//! five lines, so it needs no crate such as `crc32c` or `crc`.

mod event_file;
mod histogram;
mod protobuf;

use std::path::{Path, PathBuf};

use self::{event_file::EventFile, histogram::Histogram, protobuf::Summary};
use crate::{Callback, Logs, TrainError, Training};

/// Writes event files for `tensorboard --logdir`: Keras' `TensorBoard`.
///
/// After each epoch, counted from 0 as in Keras, scalars are written to `train` and `validation` in the log
/// directory: the loss and metrics as `epoch_loss`, `epoch_accuracy` and so on, and the learning rate as
/// `epoch_learning_rate`. Validation metrics are also written against the number of training steps, as
/// `evaluation_loss_vs_iterations`. Scalars per step ([`update_freq`](Self::update_freq)) and histograms of the
/// weights ([`histogram_freq`](Self::histogram_freq)) are optional.
///
/// Each call of `fit` adds new files. Files contain the time of each event. Apart from times and file names, runs
/// with the same seed write identical files on the same machine and backend.
///
/// ```
/// use kindling_train::callbacks::TensorBoard;
///
/// let mut board = TensorBoard::new("logs/run-1").update_freq(100).histogram_freq(1);
/// ```
#[derive(Debug)]
pub struct TensorBoard {
    log_dir: PathBuf,
    update_freq: Option<usize>,
    histogram_freq: usize,
    train: Option<EventFile>,
    validation: Option<EventFile>,
    /// Number of steps in this call of `fit`.
    steps: usize,
}

impl TensorBoard {
    /// Creates a callback that writes to `log_dir`. The directory is created if it does not exist.
    pub fn new(log_dir: impl AsRef<Path>) -> Self {
        let log_dir = log_dir.as_ref().into();
        Self { log_dir, update_freq: None, histogram_freq: 0, train: None, validation: None, steps: 0 }
    }

    /// Sets the number of steps between writes of the current loss and metrics, as `batch_loss`, `batch_accuracy` and
    /// so on. Each time, the host waits for the device. Default: never.
    pub fn update_freq(self, steps: usize) -> Self {
        Self { update_freq: Some(steps), ..self }
    }

    /// Sets the number of epochs between writes of a histogram of each weight, as `dense/kernel/histogram`, starting
    /// after the first epoch. Default: 0, never.
    pub fn histogram_freq(self, epochs: usize) -> Self {
        Self { histogram_freq: epochs, ..self }
    }

    fn write_epoch(&mut self, training: &mut Training) -> Result<(), TrainError> {
        let epoch = training.epoch as u64;
        let (rate, step) = (training.model().learning_rate(), training.model().step());
        let (mut train, mut validation) = (Summary::default(), Summary::default());
        let mut against_steps = Summary::default();
        for (name, value) in training.logs()?.iter().filter(|(name, _)| *name != "learning_rate") {
            match name.strip_prefix("val_") {
                Some(name) => {
                    validation.scalar(&format!("epoch_{name}"), value);
                    against_steps.scalar(&format!("evaluation_{name}_vs_iterations"), value);
                }
                None => train.scalar(&format!("epoch_{name}"), value),
            }
        }
        train.scalar("epoch_learning_rate", rate);
        self.train_file()?.write(epoch, &train)?;
        if !validation.is_empty() {
            let file = self.validation_file()?;
            file.write(step, &against_steps)?;
            file.write(epoch, &validation)?;
        }
        Ok(())
    }

    fn write_histograms(&mut self, training: &mut Training) -> Result<(), TrainError> {
        let mut summary = Summary::default();
        for (name, data) in training.model().weights()?.iter() {
            let values: Vec<f64> = data.iter::<f64>().collect();
            if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                return Err(TrainError::NotFinite {
                    name: format!("weight {name}"),
                    value: *value,
                    epoch: training.epoch + 1,
                    step: training.step,
                    cause: None,
                });
            }
            summary.histogram(&format!("{}/histogram", name.replace('.', "/")), &Histogram::of(&values));
        }
        self.train_file()?.write(training.epoch as u64, &summary)
    }

    fn train_file(&mut self) -> Result<&mut EventFile, TrainError> {
        open(&mut self.train, self.log_dir.join("train"))
    }

    fn validation_file(&mut self) -> Result<&mut EventFile, TrainError> {
        open(&mut self.validation, self.log_dir.join("validation"))
    }
}

/// Returns the file, and creates it on first use.
fn open(file: &mut Option<EventFile>, directory: PathBuf) -> Result<&mut EventFile, TrainError> {
    match file {
        Some(file) => Ok(file),
        none => Ok(none.insert(EventFile::create(&directory)?)),
    }
}

impl Callback for TensorBoard {
    fn observes(&self) -> bool {
        true
    }

    fn on_train_begin(&mut self, _: &mut Training) -> Result<(), TrainError> {
        if self.update_freq == Some(0) {
            return Err(TrainError::argument("update_freq", 0, "give at least 1"));
        }
        (self.train, self.validation, self.steps) = (None, None, 0);
        // Fail before the first epoch if the directory cannot be written.
        self.train_file()?.flush()
    }

    fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.steps += 1;
        let Some(frequency) = self.update_freq else { return Ok(()) };
        if !self.steps.is_multiple_of(frequency) {
            return Ok(());
        }
        let summary = batch_summary(training.logs()?);
        let step = self.steps as u64;
        self.train_file()?.write(step, &summary)
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.write_epoch(training)?;
        if self.histogram_freq > 0 && training.epoch.is_multiple_of(self.histogram_freq) {
            self.write_histograms(training)?;
        }
        let files = [&mut self.train, &mut self.validation];
        files.into_iter().flatten().try_for_each(EventFile::flush)
    }

    fn on_train_end(&mut self, _: &mut Training) -> Result<(), TrainError> {
        (self.train, self.validation) = (None, None);
        Ok(())
    }
}

fn batch_summary(logs: &Logs) -> Summary {
    let mut summary = Summary::default();
    for (name, value) in logs.iter() {
        summary.scalar(&format!("batch_{name}"), value);
    }
    summary
}
