//! The receipt of a run: hashes of its training and of the files it wrote.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, bail};
use kindling::{
    data::files::{sha256, with_remedy},
    train::Receipt,
};
use serde::{Deserialize, Serialize};

use super::RunCommand;
use crate::{cli::json, files};

/// Name of the receipt's file in a run directory.
pub const RECEIPT: &str = "receipt.json";

/// Name of the directory with the key frames in a run directory.
pub const RECORDING: &str = "recording";

/// The receipt of a run.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunReceipt {
    /// The command line of the run.
    #[serde(flatten)]
    pub command: RunCommand,
    /// SHA-256 of each file, by name.
    pub files: BTreeMap<String, String>,
    /// The receipt of the training.
    pub training: Receipt,
}

impl RunReceipt {
    /// Creates the receipt of a run whose files are in `directory`.
    pub(in crate::cli) fn of(
        command: RunCommand,
        training: Receipt,
        directory: &Path,
    ) -> anyhow::Result<Self> {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            files.insert(entry.file_name().to_string_lossy().into_owned(), hash(&entry.path())?);
        }
        Ok(Self { command, files, training })
    }

    /// Reads the receipt in a run directory.
    ///
    /// # Errors
    /// Returns an error if the file is missing, cannot be read, or names files outside the directory.
    pub fn read(directory: &Path) -> anyhow::Result<Self> {
        let receipt: Self = json::read(&directory.join(RECEIPT), "that trained one network and is complete")?;
        let is_outside = |name: &&String| Path::new(name).file_name() != Some(name.as_ref());
        if let Some(name) = receipt.files.keys().find(is_outside) {
            bail!("{name:?} is not a file name: the receipt was changed after it was written");
        }
        Ok(receipt)
    }

    /// Returns a message about the first file that is missing or differs from its hash, or `None` if all files match.
    pub fn changed_file(&self, directory: &Path) -> Option<String> {
        self.files.iter().find_map(|(name, expected)| match hash(&directory.join(name)) {
            Ok(found) if found == *expected => None,
            Ok(_) => Some(format!("{name} is not the file that the run wrote")),
            Err(error) => Some(format!("{name}: {error:#}")),
        })
    }
}

fn hash(path: &Path) -> anyhow::Result<String> {
    let read = || sha256(files::open(path)?);
    read().map_err(with_remedy).with_context(|| format!("cannot read {}", path.display()))
}
