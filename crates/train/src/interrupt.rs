//! Requests to end all training runs of the process, for example after Ctrl-C.
//!
//! This library installs no signal handlers. A program can install one that sets the [`flag`], as the example
//! programs do.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicBool, Ordering},
};

static FLAG: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Returns the flag that ends all training runs of the process after their current step, with
/// [`TrainError::Interrupted`]. Runs with a [`BackupAndRestore`] write a checkpoint first.
///
/// Setting the flag in a signal handler is safe, but call this function before installing the handler: the first call
/// allocates.
///
/// [`TrainError::Interrupted`]: crate::TrainError::Interrupted
/// [`BackupAndRestore`]: crate::callbacks::BackupAndRestore
pub fn flag() -> Arc<AtomicBool> {
    FLAG.clone()
}

/// Returns whether the flag is set.
pub fn is_requested() -> bool {
    FLAG.load(Ordering::Relaxed)
}
