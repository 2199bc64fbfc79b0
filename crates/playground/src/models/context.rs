//! Settings for preparing models.

use std::{fmt::Display, path::PathBuf};

use kindling::{
    data::{DataError, DataOptions},
    prelude::Device,
};
use kindling_programs::cli::{self, DataArgs};

/// Data options, earlier runs, and the device.
#[derive(Clone, Debug)]
pub struct Context {
    /// The data flags.
    pub data: DataArgs,
    /// The parent of the earlier runs' directories.
    pub runs: PathBuf,
    /// The seed for training.
    pub seed: u64,
    /// Whether to print only the address.
    pub quiet: bool,
    /// The device of the models.
    pub device: Device,
}

impl Context {
    /// Calls a data loader.
    ///
    /// # Errors
    /// Returns the loader's errors, with the flags to use if the data set is missing.
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
