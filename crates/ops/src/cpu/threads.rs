//! Threads.

use std::{
    cell::Cell,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use rayon::{ThreadPool, ThreadPoolBuilder, Yield};

/// Multiplications that take several times as long as handing work to another thread.
const WORTH_A_THREAD: usize = 1 << 20;

/// The most threads that help with one operation: parts of an operation get too short for more.
const MOST_HELPERS: usize = 7;

/// How long a helper waits for the next operation before it sleeps. Waking it takes as long as a small operation.
const PATIENCE: Duration = Duration::from_micros(200);

thread_local! {
    static IS_TASK: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether the thread runs one of several tasks, within which other threads have their own.
pub(super) fn is_task() -> bool {
    IS_TASK.get()
}

/// Calls `run` with each task. If all of them together take long enough, at `operations` multiplications in vectors, other
/// threads take tasks as well. The thread that calls works too, so that it loses little if the others are slow to come.
pub fn run_all<T: Send>(tasks: impl Iterator<Item = T>, operations: usize, run: impl Fn(T) + Sync + Send) {
    let helpers = if operations < WORTH_A_THREAD || is_task() { None } else { helpers() };
    let Some(helpers) = helpers else { return tasks.for_each(run) };
    let run = |task| {
        IS_TASK.set(true);
        run(task);
        IS_TASK.set(false);
    };
    let tasks: Vec<T> = tasks.collect();
    let count = helpers.current_num_threads().min(tasks.len().saturating_sub(1));
    let tasks = Mutex::new(tasks.into_iter());
    let left = || tasks.lock().unwrap_or_else(PoisonError::into_inner);
    let busy = AtomicUsize::new(0);
    helpers.in_place_scope(|scope| {
        for _ in 0..count {
            scope.spawn(|_| {
                busy.fetch_add(1, Ordering::Relaxed);
                // From the end, so that a thread gets mostly the tasks that it had the last time, whose data are in its
                // core's cache.
                while let Some(task) = { left().next_back() } {
                    run(task);
                }
                busy.fetch_sub(1, Ordering::Relaxed);
                rayon::spawn(wait_for_work);
            });
        }
        while let Some(task) = { left().next() } {
            run(task);
        }
        // The end of the scope sleeps until the last task is done, which takes longer than that.
        let start = Instant::now();
        while busy.load(Ordering::Relaxed) > 0 && start.elapsed() < PATIENCE {
            std::hint::spin_loop();
        }
    });
}

/// The threads that help: one less than rayon would use, which follows from the processor and `RAYON_NUM_THREADS`. They
/// have a pool of their own, since threads that wait here would keep rayon's from other work. `None` if there are none.
fn helpers() -> Option<&'static ThreadPool> {
    static HELPERS: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let start = || {
        let count = rayon::current_num_threads().saturating_sub(1).min(MOST_HELPERS);
        let threads =
            ThreadPoolBuilder::new().num_threads(count).thread_name(|index| format!("kernels-{index}"));
        (count > 0).then(|| threads.build().ok()).flatten()
    };
    HELPERS.get_or_init(start).as_ref()
}

/// Keeps a helper awake for a while.
fn wait_for_work() {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        match rayon::yield_now() {
            // The work that was done has left a task like this one.
            Some(Yield::Executed) | None => return,
            Some(Yield::Idle) => std::thread::yield_now(),
        }
    }
}
