//! Reading of files that may come from an untrusted source, such as those of a run directory.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

/// Opens a regular file.
///
/// # Errors
/// Returns an error if the file is not a regular file or cannot be opened.
pub fn open(path: &Path) -> io::Result<File> {
    // Opening a named pipe would block until another process writes to it.
    match fs::metadata(path)?.is_file() {
        true => File::open(path),
        false => Err(io::Error::other("not a regular file")),
    }
}

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// Returns an error if the file is larger, is not a regular file, or cannot be read.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 <= limit {
        true => Ok(bytes),
        false => Err(io::Error::other(format!("larger than {} KiB", limit >> 10))),
    }
}
