//! Atomic writes, hashes of files, and remedies for errors of the operating system.

use std::{
    fs::{self, File},
    io::{self, BufWriter, IntoInnerError, Read},
    path::Path,
    time::Duration,
};

use tempfile::{NamedTempFile, TempPath};

use crate::formats::content;

/// Writes a file atomically: to a temporary file in the same directory, which is then renamed to `path`.
///
/// A reader never sees a partial file, and a failure leaves the old file in place. The content is synced to disk before the
/// file is renamed, so this also holds after a power failure. A process that is killed leaves a file `.NAME.XXXXXX.tmp`
/// behind, see [`remove_stale`].
///
/// # Errors
/// The error of the operating system, with a remedy, or the error of `write`.
pub fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    WrittenFile::write(path, write)?.publish()
}

/// A file that has been written under a temporary name, so that several files can be written before the first one is
/// renamed. It is deleted on drop unless it is [published](Self::publish).
#[derive(Debug)]
pub struct WrittenFile<'a> {
    path: &'a Path,
    temporary: TempPath,
}

impl<'a> WrittenFile<'a> {
    /// Writes a temporary file in the directory of `path`.
    ///
    /// # Errors
    /// The errors of [`write_whole`].
    pub fn write(
        path: &'a Path,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> io::Result<Self> {
        let written = || {
            // Not written with `NamedTempFile`, whose errors name a temporary file that no longer exists.
            let (file, temporary) = temporary_for(path)?.into_parts();
            let mut file = BufWriter::new(file);
            write(&mut file)?;
            file.into_inner().map_err(IntoInnerError::into_error)?.sync_all()?;
            Ok(temporary)
        };
        Ok(Self { path, temporary: written().map_err(not_written)? })
    }

    /// Renames the file to its path, replacing an existing file.
    ///
    /// # Errors
    /// The error of the operating system, with a remedy.
    pub fn publish(self) -> io::Result<()> {
        self.temporary.persist(self.path).map_err(|error| not_written(error.error))?;
        // Syncs the new name, on systems where a directory can be opened.
        if let Ok(folder) = File::open(folder_of(self.path)) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

/// Adds a remedy to the error of a file that cannot be written.
fn not_written(error: io::Error) -> io::Error {
    let error = with_remedy(error);
    let remedy = match error.kind() {
        _ if error.raw_os_error().is_none() => return error,
        io::ErrorKind::NotFound => "create the directory first",
        io::ErrorKind::PermissionDenied
        | io::ErrorKind::ReadOnlyFilesystem
        | io::ErrorKind::NotADirectory => "choose a directory that can be written to",
        _ => return error,
    };
    io::Error::new(error.kind(), format!("{error}: {remedy}"))
}

/// Adds a remedy to errors of the operating system about exhausted space or exceeded limits of the process. Other errors
/// are returned unchanged.
pub fn with_remedy(error: io::Error) -> io::Error {
    let remedy = match (error.raw_os_error(), error.kind()) {
        (None, _) => return error,
        (_, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
            "free some space, or choose another directory"
        }
        (_, io::ErrorKind::FileTooLarge) => "allow larger files (ulimit -f)",
        // ENFILE and EMFILE, which have no `ErrorKind`.
        (Some(23 | 24), _) if cfg!(unix) => "allow more open files (ulimit -n)",
        _ => return error,
    };
    io::Error::new(error.kind(), format!("{error}: {remedy}"))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Returns the SHA-256 of the bytes of `reader`, in lowercase hexadecimal digits.
///
/// # Errors
/// Returns an error if `reader` fails.
pub fn sha256(reader: impl Read) -> io::Result<String> {
    content::sha256(reader)
}

/// Creates a temporary file with the permissions of an ordinary file.
fn temporary_for(path: &Path) -> io::Result<NamedTempFile> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Shortened, because a name of maximum length leaves no room for a suffix.
    let prefix = format!(".{}.", name.chars().take(50).collect::<String>());
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(TEMPORARY).make_in(folder_of(path), |path| File::create_new(path))
}

/// The suffix of temporary files.
const TEMPORARY: &str = ".tmp";

/// The age above which a temporary file is assumed to belong to a process that was killed.
pub const STALE: Duration = Duration::from_secs(3600);

/// Deletes temporary files of [`write_whole`] in `folder` that are at least as old as `least`, because their process was
/// killed.
///
/// These are the files whose names start with a dot, contain another dot, and end in `.tmp`. Files that cannot be read or
/// deleted are ignored.
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
    use std::io::Write;

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

    #[cfg(unix)]
    #[test]
    fn system_errors_name_the_remedy_once() {
        for (code, remedy) in [(28, "free some space"), (24, "ulimit -n"), (27, "ulimit -f")] {
            let error = with_remedy(with_remedy(io::Error::from_raw_os_error(code)));
            assert_eq!(error.to_string().matches(remedy).count(), 1, "{error}");
        }
        let folder = tempfile::tempdir().unwrap();
        let error = write_whole(&folder.path().join("missing/file"), |_| Ok(())).unwrap_err();
        assert_eq!(error.to_string(), "No such file or directory (os error 2): create the directory first");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
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
