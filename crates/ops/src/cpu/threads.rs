//! Threads.

use rayon::prelude::*;

/// Operations that take as long as waking another thread a few times, about 20 microseconds.
const WORTH_A_THREAD: usize = 1 << 19;

/// Calls `run` with each task: on several threads if all of them together take more than some 20 microseconds, at
/// `operations` vectorizable operations.
pub fn run_all<T: Send>(tasks: impl Iterator<Item = T>, operations: usize, run: impl Fn(T) + Sync + Send) {
    if operations < WORTH_A_THREAD {
        return tasks.for_each(run);
    }
    let tasks: Vec<T> = tasks.collect();
    match tasks.len() {
        0 | 1 => tasks.into_iter().for_each(run),
        _ => tasks.into_par_iter().for_each(run),
    }
}
