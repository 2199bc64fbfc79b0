//! The checkpoints of a run's trainings.

use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use kindling::{
    callbacks::{BackupAndRestore, SaveFreq},
    data::files::remove_stale,
};

use super::results::lock;
use crate::cli::{CheckpointArgs, print, print_error};

/// Name of the directory with the checkpoints.
const CHECKPOINTS: &str = "checkpoints";

/// Name of the directory that checkpoints of an earlier run are moved to if the run does not resume them.
const BEFORE: &str = "checkpoints-before";

/// Directory name of the training in a run that has only one.
pub(super) const SINGLE: &str = "model";

/// Number of the latest checkpoints that are kept for each training.
const KEPT: usize = 2;

/// The checkpoints of a run.
#[derive(Debug)]
pub(super) struct States {
    directory: PathBuf,
    /// Whether this run may write to the directory. False if another run uses it.
    is_own: bool,
    /// Whether to keep the checkpoints after the run is complete.
    keeps: bool,
    /// Whether the run resumes from existing checkpoints.
    resumes: bool,
    is_complete: AtomicBool,
    /// A lock held for the duration of the run, on systems that can lock directories.
    _lock: Option<File>,
}

impl States {
    /// Looks for checkpoints of an earlier run. Without `--resume`, they are moved to another directory.
    pub fn begin(out: &Path, args: &CheckpointArgs, quiet: bool) -> Self {
        let directory = out.join(CHECKPOINTS);
        let note = |note: String| {
            if !quiet {
                print_error(format_args!("note: {note}"));
            }
        };
        let shown = directory.display();
        // Two runs that begin together must not both move earlier checkpoints.
        let _serial = lock(out);
        let exists = directory.exists();
        let mut is_own = try_lock(&directory).is_ok();
        if !is_own {
            note(format!(
                "another run uses {shown}: this run saves no checkpoints; give another --out to save them"
            ));
        } else if exists && !args.resume {
            let before = out.join(BEFORE);
            match move_aside(&directory, &before) {
                Ok(()) => note(format!("checkpoints of an earlier run were moved to {}", before.display())),
                Err(error) => {
                    // New checkpoints would overwrite the old ones.
                    is_own = false;
                    note(format!(
                        "checkpoints of an earlier run in {shown} cannot be moved ({error}): this run saves no checkpoints; \
                         give another --out to save them"
                    ));
                }
            }
        } else if exists {
            if is_empty(&directory) {
                note(format!("there is no checkpoint in {shown}: training starts from the beginning"));
            } else if !quiet {
                announce(&directory);
            }
        } else if args.resume {
            note(format!("there is no {shown} to resume from: training starts from the beginning"));
        }
        // If the directory is not writable, saving the first checkpoint reports the error.
        let held = match is_own && fs::create_dir_all(&directory).is_ok() {
            true => try_lock(&directory),
            false => Ok(None),
        };
        Self {
            directory,
            is_own: is_own && held.is_ok(),
            keeps: args.checkpoint_every.is_some(),
            resumes: args.resume && exists,
            is_complete: AtomicBool::new(false),
            _lock: held.unwrap_or_default(),
        }
    }

    /// Returns the callback that saves and restores the checkpoints of a training. `otherwise` is the default save frequency.
    pub fn backup(&self, args: &CheckpointArgs, training: &str, otherwise: SaveFreq) -> BackupAndRestore {
        let directory = self.directory.join(training);
        self.tidy(&directory);
        let save_freq = match self.is_own {
            true => args.checkpoint_every.unwrap_or(otherwise),
            false => SaveFreq::Never,
        };
        BackupAndRestore::new(directory)
            .save_freq(save_freq)
            .keep(KEPT)
            .restore(args.resume && self.is_own)
            .delete_checkpoint(false)
    }

    /// Returns the path of a file among the checkpoints, or `None` if this run may not write there.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        self.tidy(&self.directory);
        self.is_own.then(|| self.directory.join(name))
    }

    /// Deletes temporary files of killed runs from a directory, unless another run uses it.
    pub fn tidy(&self, directory: &Path) {
        if self.is_own {
            remove_stale(directory, Duration::ZERO);
        }
    }

    /// Marks the run as complete. Deletes its checkpoints unless `--checkpoint-every` was given.
    pub fn complete(&self) {
        self.is_complete.store(true, Ordering::Relaxed);
        if self.is_own && !self.keeps {
            // Remaining checkpoints do no harm.
            let _ = fs::remove_dir_all(&self.directory);
        }
    }

    /// Cleans up at the end of a run, complete or not, and prints where its checkpoints are.
    pub fn end(&self) {
        let is_complete = self.is_complete.load(Ordering::Relaxed);
        // If `complete` has deleted the directory, another run may have created its own.
        if self.is_own && (self.keeps || !is_complete) {
            // Deletes the directory only if it is empty.
            let _ = fs::remove_dir(&self.directory);
        }
        let is_new = self.is_own && !self.resumes && !is_complete;
        if is_new && !trainings(&self.directory).is_empty() {
            let shown = self.directory.display();
            print_error(format_args!("The checkpoints are in {shown}: use --resume to continue from them"));
        }
    }
}

/// Locks a directory, on systems that can lock directories, if it exists.
///
/// # Errors
/// Returns an error if another run holds the lock.
fn try_lock(directory: &Path) -> Result<Option<File>, TryLockError> {
    let Ok(file) = File::open(directory) else { return Ok(None) };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::Error(_)) => Ok(None),
        Err(in_use) => Err(in_use),
    }
}

/// Moves checkpoints, replacing those that were moved earlier.
fn move_aside(directory: &Path, before: &Path) -> io::Result<()> {
    match fs::remove_dir_all(before) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::rename(directory, before),
    }
}

/// Prints how many trainings are resumed. A single training prints its epoch itself.
fn announce(directory: &Path) {
    let several = trainings(directory).iter().filter(|name| *name != SINGLE).count();
    if several > 0 {
        print(format_args!("Resumed: {several} trainings have checkpoints"));
    }
}

/// Returns whether a directory has neither checkpoints nor the file of a search.
fn is_empty(directory: &Path) -> bool {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    trainings(directory).is_empty() && !entries.into_iter().any(|entry| entry.path().is_file())
}

/// Returns the names of the trainings that have checkpoints.
fn trainings(directory: &Path) -> Vec<OsString> {
    let has_states = |entry: &fs::DirEntry| {
        BackupAndRestore::checkpoints(entry.path()).is_ok_and(|states| !states.is_empty())
    };
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter(has_states).map(|entry| entry.file_name()).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use std::{sync::Barrier, thread};

    use super::*;

    fn begin(out: &Path) -> States {
        States::begin(out, &CheckpointArgs { checkpoint_every: None, resume: false }, true)
    }

    #[test]
    fn of_runs_that_begin_together_one_owns_the_checkpoints() {
        for _ in 0..100 {
            let folder = tempfile::tempdir().unwrap();
            let out = folder.path();
            fs::create_dir(out.join(CHECKPOINTS)).unwrap();
            fs::write(out.join(CHECKPOINTS).join("search.json"), "").unwrap();
            let together = Barrier::new(2);
            let start = || {
                together.wait();
                begin(out)
            };
            let runs = thread::scope(|scope| {
                [scope.spawn(start), scope.spawn(start)].map(|run| run.join().unwrap())
            });
            assert_eq!(runs.iter().filter(|run| run.is_own).count(), 1);
            assert!(out.join(BEFORE).join("search.json").exists());
        }
    }

    #[test]
    fn the_directory_of_another_run_is_not_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let first = begin(folder.path());
        begin(folder.path()).end();
        assert!(first.directory.exists());
        first.complete();
        let next = begin(folder.path());
        first.end();
        assert!(next.is_own && next.directory.exists());
    }
}
