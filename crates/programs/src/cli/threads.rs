//! Start of rayon's thread pool.

use std::{io, sync::mpsc, thread};

use anyhow::Context;
use rayon::{ThreadBuilder, ThreadPoolBuilder};

use super::output::print_error;

/// Starts rayon's thread pool. rayon itself would panic if the system allowed fewer threads than it requests. Here the threads
/// are started first, and the pool is built with as many as there are.
///
/// # Errors
/// Returns an error if the system allows no thread at all.
pub(super) fn start() -> anyhow::Result<()> {
    let wanted = wanted();
    let mut waiting = Vec::new();
    let mut failure = None;
    while waiting.len() < wanted && failure.is_none() {
        let (sender, receiver) = mpsc::channel::<ThreadBuilder>();
        let run = move || receiver.iter().for_each(ThreadBuilder::run);
        match thread::Builder::new().spawn(run) {
            Ok(_) => waiting.push(sender),
            Err(error) => failure = Some(error),
        }
    }
    let count = waiting.len();
    match failure {
        Some(error) if count == 0 => {
            return Err(error)
                .context("cannot start a thread: allow more processes (ulimit -u) or memory (ulimit -v)");
        }
        Some(error) => {
            print_error(format_args!("note: computing on {count} threads instead of {wanted}: {error}"));
        }
        None => {}
    }
    let hand_over = |thread: ThreadBuilder| {
        waiting[thread.index()].send(thread).map_err(|_| io::Error::other("a thread has ended"))
    };
    let pool = ThreadPoolBuilder::new().num_threads(count).spawn_handler(hand_over).build_global();
    pool.context("cannot start the compute threads")
}

/// Returns the number of threads that rayon would start, from the number of processors and `RAYON_NUM_THREADS`.
fn wanted() -> usize {
    // The spawn handler starts no thread.
    let pool = ThreadPoolBuilder::new().spawn_handler(|_| Ok(())).build();
    pool.map_or(1, |pool| pool.current_num_threads())
}
