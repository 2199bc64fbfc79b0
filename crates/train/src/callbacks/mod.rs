//! What is called while training goes on.

mod checkpoint;
mod csv_logger;
mod early_stopping;
mod monitor;
mod progress;
mod schedule;

use std::path::Path;

use kindling_models::{Network, Weights};

pub use checkpoint::ModelCheckpoint;
pub use csv_logger::CsvLogger;
pub use early_stopping::EarlyStopping;
pub use monitor::Mode;
pub(crate) use progress::Progress;
pub use schedule::LearningRateScheduler;

use crate::{Logs, Model, TrainError};

/// Called at the turns of a training run. An error ends the run.
pub trait Callback {
    /// Before the first epoch.
    ///
    /// # Errors
    /// Whatever ends the run.
    fn on_train_begin(&mut self, _training: &mut Training) -> Result<(), TrainError> {
        Ok(())
    }

    /// Before each epoch.
    ///
    /// # Errors
    /// Whatever ends the run.
    fn on_epoch_begin(&mut self, _training: &mut Training) -> Result<(), TrainError> {
        Ok(())
    }

    /// After each step. The logs are those of the last read-back, some ten a second.
    ///
    /// # Errors
    /// Whatever ends the run.
    fn on_batch_end(&mut self, _training: &mut Training) -> Result<(), TrainError> {
        Ok(())
    }

    /// After each epoch, validation included. What is set in the logs becomes part of the history.
    ///
    /// # Errors
    /// Whatever ends the run.
    fn on_epoch_end(&mut self, _training: &mut Training) -> Result<(), TrainError> {
        Ok(())
    }

    /// After the last epoch.
    ///
    /// # Errors
    /// Whatever ends the run.
    fn on_train_end(&mut self, _training: &mut Training) -> Result<(), TrainError> {
        Ok(())
    }
}

/// Makes the folder that a file is to be written into, before the first epoch is spent.
fn make_folder_of(path: &Path) -> Result<(), TrainError> {
    match path.parent() {
        Some(folder) => std::fs::create_dir_all(folder).map_err(TrainError::io(path)),
        None => Ok(()),
    }
}

/// Where a training run stands, and the model that is trained.
pub struct Training<'a> {
    /// Epochs finished before this one.
    pub epoch: usize,
    /// Epochs asked for.
    pub epochs: usize,
    /// Steps of this epoch taken.
    pub step: usize,
    /// Steps an epoch.
    pub steps: usize,
    pub(crate) logs: &'a mut Logs,
    pub(crate) stop: &'a mut bool,
    pub(crate) model: &'a mut dyn Trained,
}

impl Training<'_> {
    /// The epoch's figures so far.
    pub fn logs(&self) -> &Logs {
        self.logs
    }

    /// Adds a figure to the epoch's.
    pub fn log(&mut self, name: &str, value: f64) {
        self.logs.set(name, value);
    }

    /// Ends training after this epoch.
    pub fn stop(&mut self) {
        *self.stop = true;
    }

    /// The model that is trained.
    pub fn model(&mut self) -> &mut dyn Trained {
        self.model
    }
}

/// What a callback can do with the model, whatever its network.
pub trait Trained {
    /// The weights, read back from the device.
    ///
    /// # Errors
    /// When the device fails.
    fn weights(&self) -> Result<Weights, TrainError>;

    /// Puts other weights in place of its own.
    ///
    /// # Errors
    /// When names or shapes differ.
    fn set_weights(&mut self, weights: &Weights) -> Result<(), TrainError>;

    /// The size of the optimizer's steps.
    fn learning_rate(&self) -> f64;

    /// Changes the size of the optimizer's steps.
    ///
    /// # Errors
    /// When it is not above zero.
    fn set_learning_rate(&mut self, learning_rate: f64) -> Result<(), TrainError>;
}

impl<N: Network> Trained for Model<N> {
    fn weights(&self) -> Result<Weights, TrainError> {
        Model::weights(self)
    }

    fn set_weights(&mut self, weights: &Weights) -> Result<(), TrainError> {
        Model::set_weights(self, weights)
    }

    fn learning_rate(&self) -> f64 {
        Model::learning_rate(self)
    }

    fn set_learning_rate(&mut self, learning_rate: f64) -> Result<(), TrainError> {
        Model::set_learning_rate(self, learning_rate)
    }
}
