//! Settings for preparing models.

use std::{fmt::Display, path::PathBuf};

use kindling::{
    data::{DataError, DataOptions},
    prelude::Device,
};
use kindling_programs::cli::{self, DataArgs};

/// Data, earlier runs, and the device.
#[derive(Clone, Debug)]
pub struct Context {
    /// The flags of data.
    pub data: DataArgs,
    /// The directory with a subdirectory for each earlier run.
    pub runs: PathBuf,
    /// The seed of trainings.
    pub seed: u64,
    /// Whether to print nothing.
    pub quiet: bool,
    /// The device of the models.
    pub device: Device,
}

impl Context {
    /// Calls a loader of data.
    ///
    /// # Errors
    /// The loader's, with the flags that help.
    pub fn load<T>(&self, load: impl FnOnce(&DataOptions) -> Result<T, DataError>) -> anyhow::Result<T> {
        self.data.load_with(self.quiet, load)
    }

    /// Prints a line, unless the program is quiet.
    pub fn say(&self, line: impl Display) {
        if !self.quiet {
            cli::print(line);
        }
    }
}
