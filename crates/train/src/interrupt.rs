//! A request from outside of the program, such as Ctrl-C, to end every training.
//!
//! A library installs no handler of signals. A program does, and sets the [`flag`]; the programs of this project do.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicBool, Ordering},
};

static FLAG: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Returns the flag that asks all trainings of the process to end after their present step, with
/// [`TrainError::Interrupted`]. A training with a [`BackupAndRestore`] writes a checkpoint first. A handler of signals may set
/// it, once this function has been called.
///
/// [`TrainError::Interrupted`]: crate::TrainError::Interrupted
/// [`BackupAndRestore`]: crate::callbacks::BackupAndRestore
pub fn flag() -> Arc<AtomicBool> {
    FLAG.clone()
}

/// Returns whether trainings have been asked to end.
pub fn is_requested() -> bool {
    FLAG.load(Ordering::Relaxed)
}
