//! Files of bounded size. A run may come from someone else.

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

use anyhow::{Context, ensure};

/// Reads a regular file that has at most `limit` bytes.
///
/// # Errors
/// When it is larger, something else, or cannot be read.
pub fn read(path: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    let name = super::name_of(path);
    let read = || {
        // A pipe would wait for someone to write to it.
        ensure!(fs::metadata(path)?.is_file(), "not a regular file");
        let mut bytes = Vec::new();
        File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
        ensure!(bytes.len() as u64 <= limit, "larger than {} KiB", limit >> 10);
        Ok(bytes)
    };
    read().with_context(|| format!("cannot read {name}"))
}
