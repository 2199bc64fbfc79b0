//! A request from outside of the program, such as Ctrl-C, to end every training.
//!
//! A library installs no handler of signals. A program does, and calls [`request`] in it; the programs of this project do.

use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Asks all trainings of the process to end after their present step, with [`TrainError::Interrupted`]. A training with a
/// [`BackupAndRestore`] writes a checkpoint first. It may be called by a handler of signals.
///
/// [`TrainError::Interrupted`]: crate::TrainError::Interrupted
/// [`BackupAndRestore`]: crate::callbacks::BackupAndRestore
pub fn request() {
    REQUESTED.store(true, Ordering::Relaxed);
}

/// Returns whether trainings have been asked to end.
pub fn is_requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}
