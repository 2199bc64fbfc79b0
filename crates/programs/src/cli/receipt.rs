//! The receipt of a run: what was trained, and the files that it has written.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::Path,
};

use anyhow::Context;
use kindling::{
    data::files::{sha256, with_remedy},
    train::Receipt,
};
use serde::{Deserialize, Serialize};

use super::{RunCommand, json};

/// The name of the receipt in a run's directory.
pub const RECEIPT: &str = "receipt.json";

/// The directory of the key frames in it.
pub const RECORDING: &str = "recording";

/// The receipt of a run.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunReceipt {
    /// The program and its arguments.
    #[serde(flatten)]
    pub command: RunCommand,
    /// The SHA-256 of each file.
    pub files: BTreeMap<String, String>,
    /// The training.
    pub training: Receipt,
}

impl RunReceipt {
    /// Creates the receipt of a run, whose files are in `directory`.
    pub(super) fn of(command: RunCommand, training: Receipt, directory: &Path) -> anyhow::Result<Self> {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            files.insert(entry.file_name().to_string_lossy().into_owned(), hash(&entry.path())?);
        }
        Ok(Self { command, files, training })
    }

    /// Reads the receipt in a run's directory.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn read(directory: &Path) -> anyhow::Result<Self> {
        json::read(&directory.join(RECEIPT), "that has trained one network, and is complete")
    }

    /// Returns the first file that is missing or not as it was written, and why.
    pub fn changed_file(&self, directory: &Path) -> Option<String> {
        self.files.iter().find_map(|(name, expected)| match hash(&directory.join(name)) {
            Ok(found) if found == *expected => None,
            Ok(_) => Some(format!("{name} is not the file that the run has written")),
            Err(error) => Some(format!("{name}: {error:#}")),
        })
    }
}

fn hash(path: &Path) -> anyhow::Result<String> {
    let read = || sha256(File::open(path)?);
    read().map_err(with_remedy).with_context(|| format!("cannot read {}", path.display()))
}
