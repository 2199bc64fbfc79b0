//! Parallel tasks.

use std::{
    cell::Cell,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use rayon::{ThreadPool, ThreadPoolBuilder, Yield};

/// Number of multiplications from which tasks run on several threads: several times as long as handing work to
/// another thread.
const WORTH_A_THREAD: usize = 1 << 20;

/// Maximum number of helper threads for one operation: with more, the tasks would be too short.
const MOST_HELPERS: usize = 7;

/// Time that a helper thread waits for the next operation before it sleeps. Waking it takes as long as a small
/// operation.
const PATIENCE: Duration = Duration::from_micros(200);

thread_local! {
    static IS_TASK: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether this thread is running a task of a parallel operation, in which nested operations do not use other
/// threads.
pub(super) fn is_task() -> bool {
    IS_TASK.get()
}

/// Calls `run` with each task. If the tasks take long enough in total, `operations` vectorized multiplications,
/// helper threads run tasks too. The calling thread also runs tasks, so little is lost if helpers start late.
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
                // From the end, so that a thread mostly gets the tasks that it had the last time, whose data are in
                // its core's cache.
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
        // The end of the scope would sleep until the last task is done, which takes longer than spinning.
        let start = Instant::now();
        while busy.load(Ordering::Relaxed) > 0 && start.elapsed() < PATIENCE {
            std::hint::spin_loop();
        }
    });
}

/// Returns the helper threads: one less than rayon's number of threads, which depends on the processor and
/// `RAYON_NUM_THREADS`. They have their own pool, since threads that wait here would keep rayon's from other work.
/// Returns `None` if there are none.
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

/// Keeps a helper thread awake for [`PATIENCE`].
fn wait_for_work() {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        match rayon::yield_now() {
            // The executed task has already spawned another `wait_for_work`.
            Some(Yield::Executed) | None => return,
            Some(Yield::Idle) => std::thread::yield_now(),
        }
    }
}
