//! Panics on threads that nothing waits for.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::anyhow;

/// Returns the result of `work`, or an error if it panics, so that the page shows an error instead of waiting forever.
pub fn caught<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let panicked = |_| Err(anyhow!("internal error: see the message in the terminal"));
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(panicked)
}
