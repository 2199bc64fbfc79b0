//! Reads and writes the JSON files of a run directory.

use std::{io::Write, path::Path};

use anyhow::Context;
use kindling::data::files::{with_remedy, write_whole};
use serde::{Serialize, de::DeserializeOwned};

use crate::files;

/// Maximum size of a file that is read, in bytes.
const LARGEST: u64 = 64 << 20;

/// Writes a file atomically.
pub(super) fn write(path: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    write_whole(path, |file| {
        serde_json::to_writer_pretty(&mut *file, value)?;
        writeln!(file)
    })
    .with_context(|| format!("cannot write {}", path.display()))
}

/// Reads a file that runs of some kind have. The kind, such as `with --record`, is part of the error for a missing file.
///
/// # Errors
/// Returns an error if the file is missing, larger than 64 MiB, not a regular file, or not valid.
pub fn read<T: DeserializeOwned>(path: &Path, kind: &str) -> anyhow::Result<T> {
    let bytes = files::read(path, LARGEST)
        .map_err(with_remedy)
        .with_context(|| format!("cannot read {}: give the directory of a run {kind}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| {
        format!("{} does not have the expected content: give the directory of a run", path.display())
    })
}
