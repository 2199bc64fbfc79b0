//! Reading of files with a size limit, because a run directory may come from an untrusted source.

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

use anyhow::{Context, ensure};

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// Returns an error if the file is larger, is not a regular file, or cannot be read.
pub fn read(path: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    let name = super::name_of(path);
    let read = || {
        // Opening a named pipe would block until another process writes to it.
        ensure!(fs::metadata(path)?.is_file(), "not a regular file");
        let mut bytes = Vec::new();
        File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
        ensure!(bytes.len() as u64 <= limit, "larger than {} KiB", limit >> 10);
        Ok(bytes)
    };
    read().with_context(|| format!("cannot read {name}"))
}
