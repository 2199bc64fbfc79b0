//! Callbacks, with Keras' names. They implement the trait [`Callback`](crate::Callback).

mod backup_and_restore;
mod checkpoint;
mod csv_logger;
mod early_stopping;
mod lambda;
mod monitor;
mod receipt_logger;
mod recorder;
mod reduce_lr_on_plateau;
mod schedule;
mod tensor_board;

use std::path::Path;

pub use backup_and_restore::{BackupAndRestore, SaveFreq};
pub use checkpoint::ModelCheckpoint;
pub use csv_logger::CsvLogger;
pub use early_stopping::EarlyStopping;
pub use lambda::LambdaCallback;
pub use receipt_logger::ReceiptLogger;
pub use recorder::Recorder;
pub use reduce_lr_on_plateau::ReduceLrOnPlateau;
pub use schedule::LearningRateScheduler;
pub use tensor_board::TensorBoard;

use crate::TrainError;

/// Creates the directory of a file. Called before training, so that an invalid directory is an error before the first
/// epoch.
fn create_directory_of(path: &Path) -> Result<(), TrainError> {
    match path.parent() {
        Some(directory) => std::fs::create_dir_all(directory).map_err(TrainError::io(path)),
        None => Ok(()),
    }
}
