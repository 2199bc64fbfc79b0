//! The states of a run's trainings, from which it can be resumed.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::Duration,
};

use kindling::{
    callbacks::{BackupAndRestore, SaveFreq},
    data::files::remove_stale,
};

use super::{CheckpointArgs, output::print_error};

/// The directory of the states.
const CHECKPOINTS: &str = "checkpoints";

/// Where states go that a run finds and does not resume.
const BEFORE: &str = "checkpoints-before";

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
        let is_locked = || File::open(&directory).is_ok_and(|file| file.try_lock().is_err());
        let (exists, is_locked) = (directory.exists(), is_locked());
        if is_locked {
            note(format!(
                "another run uses {shown}: this one saves no states; give another --out to save them"
            ));
        } else if exists && !args.resume {
            let before = out.join(BEFORE);
            let moved = fs::remove_dir_all(&before).or_else(|error| match error.kind() {
                std::io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            });
            match moved.and_then(|()| fs::rename(&directory, &before)) {
                Ok(()) => note(format!("states of an earlier run were moved to {}", before.display())),
                Err(error) => note(format!("states of an earlier run in {shown} cannot be moved: {error}")),
            }
        } else if !exists && args.resume {
            note(format!("there is no {shown} to resume from: training begins anew"));
        }
        // A run that cannot write there finds out when it saves a state.
        let lock = match is_locked {
            true => None,
            false => fs::create_dir_all(&directory)
                .and_then(|()| File::open(&directory))
                .ok()
                .filter(|file| file.try_lock().is_ok()),
        };
        Self { directory, is_own: !is_locked, keeps: args.checkpoint_every.is_some(), _lock: lock }
    }

    /// Returns the callback that saves the state of a training, by default as `otherwise` says, and continues from there.
    pub fn backup(&self, args: &CheckpointArgs, training: &str, otherwise: SaveFreq) -> BackupAndRestore {
        let directory = self.directory.join(training);
        if self.is_own {
            // No other run writes here.
            remove_stale(&directory, Duration::ZERO);
        }
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

    /// Ends a run that is complete: its states are of no use, unless they were asked for.
    pub fn complete(&self) {
        if self.is_own && !self.keeps {
            // What cannot be deleted does no harm.
            let _ = fs::remove_dir_all(&self.directory);
        }
    }

    /// Ends a run, complete or not.
    pub fn end(&self) {
        // Nothing is deleted but an empty directory.
        let _ = fs::remove_dir(&self.directory);
    }
}
