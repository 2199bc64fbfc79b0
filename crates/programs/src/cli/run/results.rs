//! The result files of a run. They appear together when the run is complete.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use kindling::data::files::{STALE, remove_stale};
use tempfile::TempDir;

/// The file that marks a run as complete. It is moved last.
const COMPLETE: &str = "result.json";

/// Prefix of the directories that hold the files of incomplete runs.
const UNFINISHED: &str = "unfinished-";

/// Files that are kept if the run fails after writing them.
const KEPT: [&str; 2] = ["model.keras", "model.safetensors"];

/// The results directory of a run, and the temporary directory inside it that collects the files.
#[derive(Debug)]
pub(super) struct Results {
    directory: PathBuf,
    unfinished: TempDir,
    /// A lock held for the duration of the run, on systems that can lock directories.
    _lock: Option<File>,
}

impl Results {
    /// Creates both directories. Deletes the temporary directories of killed runs that had not saved a model.
    pub fn begin(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        // Until it is locked, another run would take the new directory for that of a dead run.
        let _serial = lock(directory);
        remove_stale(directory, STALE);
        remove_dead(directory, |path| !has_model(path))?;
        let unfinished = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(directory)?;
        let lock = lock(unfinished.path());
        Ok(Self { directory: directory.into(), unfinished, _lock: lock })
    }

    /// Returns the results directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the directory that holds the files until the run is complete.
    pub fn unfinished(&self) -> &Path {
        self.unfinished.path()
    }

    /// Moves all files to the results directory, replacing those of an earlier run. Deletes the temporary directories of incomplete
    /// runs.
    pub fn complete(&self) -> io::Result<()> {
        let _serial = lock(&self.directory);
        let mut names = Vec::new();
        for entry in fs::read_dir(self.unfinished())? {
            names.push(entry?.file_name());
        }
        names.sort_by_key(|name| name == COMPLETE);
        match fs::remove_file(self.directory.join(COMPLETE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        for name in names {
            fs::rename(self.unfinished().join(&name), self.directory.join(&name))?;
        }
        remove_dead(&self.directory, |_| true)
    }

    /// Keeps the temporary directory of a failed run if it holds a model. Returns whether it is kept.
    pub fn keep(&mut self) -> bool {
        let keeps = has_model(self.unfinished());
        self.unfinished.disable_cleanup(keeps);
        keeps
    }
}

/// Waits for the lock of a directory, on systems that can lock directories. The lock of a results directory serializes the runs that
/// share it.
pub(super) fn lock(directory: &Path) -> Option<File> {
    File::open(directory).ok().filter(|file| file.lock().is_ok())
}

/// Deletes the temporary directories of runs that ended before they were complete. The caller holds the lock of `directory`.
fn remove_dead(directory: &Path, chosen: impl Fn(&Path) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(directory)?.flatten() {
        let path = entry.path();
        let is_unfinished = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
        if is_unfinished && chosen(&path) && is_unlocked(&path) {
            // Another run may be deleting the same directory.
            let _ = fs::remove_dir_all(&path);
        }
    }
    Ok(())
}

fn has_model(directory: &Path) -> bool {
    KEPT.iter().any(|name| directory.join(name).exists())
}

/// Returns whether the run that owns a directory has ended. Without directory locks, this is unknown and the result is `false`.
fn is_unlocked(directory: &Path) -> bool {
    File::open(directory).is_ok_and(|file| file.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_appear_when_the_run_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("out");
        let run = |content: &str| {
            let results = Results::begin(&directory).unwrap();
            for name in ["history.json", COMPLETE] {
                fs::write(results.unfinished().join(name), content).unwrap();
            }
            results
        };
        let first = run("first");
        assert_eq!(names(&directory).len(), 1, "one directory");
        first.complete().unwrap();
        drop(first);
        assert_eq!(names(&directory), ["history.json", COMPLETE]);
        // A failed run does not change the results of an earlier one.
        let mut failed = run("failed");
        assert!(!failed.keep());
        drop(failed);
        assert_eq!(names(&directory), ["history.json", COMPLETE]);
        assert_eq!(fs::read_to_string(directory.join(COMPLETE)).unwrap(), "first");
        run("second").complete().unwrap();
        assert_eq!(fs::read_to_string(directory.join("history.json")).unwrap(), "second");
    }

    #[cfg(unix)]
    #[test]
    fn directories_of_dead_runs_without_a_model_are_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path();
        let alive = Results::begin(directory).unwrap();
        let dead = directory.join("unfinished-dead");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join("loss.svg"), "").unwrap();
        let with_model = directory.join("unfinished-model");
        fs::create_dir(&with_model).unwrap();
        fs::write(with_model.join("model.keras"), "").unwrap();
        let own = directory.join("my-unfinished-work");
        fs::create_dir(&own).unwrap();
        let results = Results::begin(directory).unwrap();
        assert!(!dead.exists() && with_model.exists() && own.exists());
        assert!(alive.unfinished().exists() && results.unfinished().exists());
    }

    #[test]
    fn runs_that_begin_together_keep_their_directories() {
        let folder = tempfile::tempdir().unwrap();
        let begin = || {
            for _ in 0..300 {
                let results = Results::begin(folder.path()).unwrap();
                assert!(results.unfinished().exists());
            }
        };
        std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(begin))));
    }

    #[test]
    fn a_run_that_fails_keeps_its_model() {
        let folder = tempfile::tempdir().unwrap();
        let mut results = Results::begin(folder.path()).unwrap();
        fs::write(results.unfinished().join("model.keras"), "").unwrap();
        let path = results.unfinished().to_owned();
        assert!(results.keep());
        drop(results);
        assert!(path.join("model.keras").exists());
    }
}
