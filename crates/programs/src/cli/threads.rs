//! The threads that rayon computes on.

use std::{io, sync::mpsc, thread};

use anyhow::Context;
use rayon::{ThreadBuilder, ThreadPoolBuilder};

use super::output::print_error;

/// Starts rayon's threads. rayon would end the program later if the system allowed fewer than it wants: here they are started
/// before rayon is told how many there are.
///
/// # Errors
/// If the system allows no thread at all.
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
    pool.context("cannot start the threads to compute on")
}

/// Returns the number of threads that rayon would start: it follows from the processors and `RAYON_NUM_THREADS`.
fn wanted() -> usize {
    // None is started.
    let pool = ThreadPoolBuilder::new().spawn_handler(|_| Ok(())).build();
    pool.map_or(1, |pool| pool.current_num_threads())
}
