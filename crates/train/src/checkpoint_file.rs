//! The files of checkpoints: `checkpoint-EPOCHS-STEPS.keras`.

use std::{
    fs,
    io::{ErrorKind, Result as IoResult},
    path::{Path, PathBuf},
};

use crate::TrainError;

/// A checkpoint in a directory, after so many epochs, and steps of the next one. The order is that of the training.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CheckpointFile {
    pub epochs: usize,
    pub steps: usize,
    pub path: PathBuf,
}

impl CheckpointFile {
    pub fn new(directory: &Path, epochs: usize, steps: usize) -> Self {
        Self { epochs, steps, path: directory.join(format!("checkpoint-{epochs:04}-{steps:07}.keras")) }
    }

    /// Returns the checkpoints in a directory, those with fewest steps first; none if there is no such directory.
    pub fn all(directory: &Path) -> Result<Vec<Self>, TrainError> {
        let read = || match fs::read_dir(directory) {
            Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect::<IoResult<Vec<_>>>(),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        };
        let paths = read().map_err(TrainError::read(directory))?;
        let mut files: Vec<Self> = paths.into_iter().filter_map(Self::named).collect();
        files.sort();
        Ok(files)
    }

    fn named(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_prefix("checkpoint-")?.strip_suffix(".keras")?;
        let (epochs, steps) = name.split_once('-')?;
        let (epochs, steps) = (epochs.parse().ok()?, steps.parse().ok()?);
        Some(Self { epochs, steps, path })
    }

    /// Deletes the file, if it is there.
    pub fn delete(path: &Path) -> Result<(), TrainError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(TrainError::io(path)(error)),
            _ => Ok(()),
        }
    }
}
