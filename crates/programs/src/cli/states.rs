//! The states of a run's trainings, from which it can be resumed.

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use kindling::{
    callbacks::{BackupAndRestore, SaveFreq},
    data::files::remove_stale,
};

use super::{
    CheckpointArgs,
    output::{print, print_error},
};

/// The directory of the states.
const CHECKPOINTS: &str = "checkpoints";

/// Where states go that a run finds and does not resume.
const BEFORE: &str = "checkpoints-before";

/// The name of a run's only training.
pub(super) const SINGLE: &str = "model";

/// The latest states of a training that are kept.
const KEPT: usize = 2;

/// The directory of a run's states.
#[derive(Debug)]
pub(super) struct States {
    directory: PathBuf,
    /// Whether the run may write there: another one may.
    is_own: bool,
    /// Whether the states are kept once the run is complete.
    keeps: bool,
    /// Whether the run goes on with states that it has found.
    resumes: bool,
    is_complete: AtomicBool,
    /// Locked as long as the run lasts, where the system has locks of directories.
    _lock: Option<File>,
}

impl States {
    /// Looks for the states of an earlier run. Those that are not to be resumed are moved aside.
    pub fn begin(out: &Path, args: &CheckpointArgs, quiet: bool) -> Self {
        let directory = out.join(CHECKPOINTS);
        let note = |note: String| {
            if !quiet {
                print_error(format_args!("note: {note}"));
            }
        };
        let shown = directory.display();
        let is_locked = File::open(&directory).is_ok_and(|file| file.try_lock().is_err());
        let exists = directory.exists();
        let mut is_own = !is_locked;
        if is_locked {
            note(format!(
                "another run uses {shown}: this one saves no states; give another --out to save them"
            ));
        } else if exists && !args.resume {
            let before = out.join(BEFORE);
            match move_aside(&directory, &before) {
                Ok(()) => note(format!("states of an earlier run were moved to {}", before.display())),
                Err(error) => {
                    // They would be deleted.
                    is_own = false;
                    note(format!(
                        "states of an earlier run in {shown} cannot be moved ({error}): this one saves no states; give another \
                         --out to save them"
                    ));
                }
            }
        } else if exists {
            if is_empty(&directory) {
                note(format!("there is no state in {shown}: training begins anew"));
            } else if !quiet {
                announce(&directory);
            }
        } else if args.resume {
            note(format!("there is no {shown} to resume from: training begins anew"));
        }
        // A run that cannot write there finds out when it saves a state.
        let lock = is_own.then(|| fs::create_dir_all(&directory).and_then(|()| File::open(&directory)));
        let lock = lock.and_then(Result::ok).filter(|file| file.try_lock().is_ok());
        Self {
            directory,
            is_own,
            keeps: args.checkpoint_every.is_some(),
            resumes: args.resume && exists,
            is_complete: AtomicBool::new(false),
            _lock: lock,
        }
    }

    /// Returns the callback that saves the state of a training, by default as `otherwise` says, and continues from there.
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

    /// Returns the path of a file that belongs to the states; none if the run may not write there.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        self.tidy(&self.directory);
        self.is_own.then(|| self.directory.join(name))
    }

    /// Deletes what runs that were killed have left in a directory of this run, unless another one may write there.
    pub fn tidy(&self, directory: &Path) {
        if self.is_own {
            remove_stale(directory, Duration::ZERO);
        }
    }

    /// Ends a run that is complete: its states are of no use, unless they were asked for.
    pub fn complete(&self) {
        self.is_complete.store(true, Ordering::Relaxed);
        if self.is_own && !self.keeps {
            // What cannot be deleted does no harm.
            let _ = fs::remove_dir_all(&self.directory);
        }
    }

    /// Ends a run, complete or not.
    pub fn end(&self) {
        // Nothing is deleted but an empty directory.
        let _ = fs::remove_dir(&self.directory);
        let is_new = self.is_own && !self.resumes && !self.is_complete.load(Ordering::Relaxed);
        if is_new && !trainings(&self.directory).is_empty() {
            let shown = self.directory.display();
            print_error(format_args!(
                "The states of its trainings are in {shown}: --resume goes on from there"
            ));
        }
    }
}

/// Moves states, in place of those that were moved before.
fn move_aside(directory: &Path, before: &Path) -> io::Result<()> {
    match fs::remove_dir_all(before) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::rename(directory, before),
    }
}

/// Says how many trainings are gone on with. Where there is one alone, its progress says from where.
fn announce(directory: &Path) {
    let several = trainings(directory).iter().filter(|name| *name != SINGLE).count();
    if several > 0 {
        print(format_args!("Resumed: {several} trainings have states"));
    }
}

/// Returns whether there is neither a training with states nor the record of a search.
fn is_empty(directory: &Path) -> bool {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    trainings(directory).is_empty() && !entries.into_iter().any(|entry| entry.path().is_file())
}

/// Returns the names of the trainings that have states.
fn trainings(directory: &Path) -> Vec<OsString> {
    let has_states = |entry: &fs::DirEntry| {
        BackupAndRestore::checkpoints(entry.path()).is_ok_and(|states| !states.is_empty())
    };
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter(has_states).map(|entry| entry.file_name()).collect()
}
