//! Atomic writes.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Read, Write},
    path::Path,
    time::Duration,
};

use tempfile::NamedTempFile;

use crate::formats::content;

/// Writes a file in one step: to a temporary file in the same directory, which is then renamed to `path`.
///
/// A reader never sees a partial file, and a failure leaves the old file in place. The content is on the disk before the file
/// has its name, so that this holds for a machine that loses its power, too. A process that is killed leaves
/// `.NAME.XXXXXX.tmp` behind, see [`remove_stale`].
///
/// # Errors
/// The error of the operating system, or of `write`.
pub fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<NamedTempFile>) -> io::Result<()>,
) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = BufWriter::new(temporary_for(path, folder)?);
    write(&mut file)?;
    file.flush()?;
    let file = file.into_inner().map_err(|error| error.into_error())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The new name, where a directory can be opened.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Returns the SHA-256 of what `reader` yields, in lowercase hexadecimal digits. It reads 1 GiB at most.
///
/// # Errors
/// If `reader` fails.
pub fn sha256(reader: impl Read) -> io::Result<String> {
    content::sha256(reader)
}

/// Creates a temporary file with the permissions of an ordinary file.
fn temporary_for(path: &Path, folder: &Path) -> io::Result<NamedTempFile> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // A name that is as long as the system allows leaves no room for more.
    let prefix = format!(".{}.", name.chars().take(50).collect::<String>());
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(TEMPORARY);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// The end of a temporary file's name.
const TEMPORARY: &str = ".tmp";

/// The age from which on a temporary file is surely of a process that was killed.
pub const STALE: Duration = Duration::from_secs(3600);

/// Deletes temporary files of [`write_whole`] that have this age, because their process was killed: files in `folder` whose
/// names begin with a dot, contain another one, and end in `.tmp`. What cannot be read or deleted stays.
pub fn remove_stale(folder: &Path, least: Duration) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let parts = name.strip_prefix('.').and_then(|name| name.strip_suffix(TEMPORARY));
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if parts.is_some_and(|parts| parts.contains('.')) && age().is_some_and(|age| age >= least) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept");
        write_whole(&path, |file| file.write_all(b"old")).unwrap();
        let failed = write_whole(&path, |file| {
            file.write_all(b"new")?;
            Err(io::Error::other("stop"))
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn only_old_temporary_files_are_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let old = std::time::SystemTime::now() - 2 * STALE;
        for (name, modified) in [
            (".model.keras.a1b2c3.tmp", Some(old)),
            (".model.keras.d4e5f6.tmp", None),
            (".tmp", Some(old)),
            ("notes.tmp", Some(old)),
            (".hidden", Some(old)),
        ] {
            let file = File::create(folder.path().join(name)).unwrap();
            if let Some(time) = modified {
                file.set_modified(time).unwrap();
            }
        }
        remove_stale(folder.path(), STALE);
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".hidden", ".model.keras.d4e5f6.tmp", ".tmp", "notes.tmp"]);
    }
}
