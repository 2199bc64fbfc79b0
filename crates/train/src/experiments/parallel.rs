//! Runs that share nothing, side by side on threads.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use crate::TrainError;

/// Calls `run` for each index below `count`, up to `jobs` calls at a time, and returns their results in the order of
/// the indices, whatever `jobs` is.
///
/// # Errors
/// When `jobs` is 0, or a run fails: the first one's error in the order of the indices. No run is begun after a failure.
pub(crate) fn side_by_side<T: Send, E: From<TrainError> + Send>(
    count: usize,
    jobs: usize,
    run: impl Fn(usize) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    if jobs == 0 {
        return Err(TrainError::argument("jobs", 0, "give at least 1").into());
    }
    let results: Vec<Mutex<Option<Result<T, E>>>> = (0..count).map(|_| Mutex::new(None)).collect();
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let work = || {
        // Runs are begun in their order, so the first that fails has been begun before any is left out.
        while !failed.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(place) = results.get(index) else { break };
            let result = run(index);
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..jobs.min(count) {
            scope.spawn(work);
        }
        work();
    });
    let finished = |place: Mutex<_>| place.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.into_iter().filter_map(finished).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_for_any_number_of_threads() {
        for jobs in [1, 2, 7, 100] {
            let squares = side_by_side(20, jobs, |index| Ok::<_, TrainError>(index * index)).unwrap();
            assert_eq!(squares, (0..20).map(|index| index * index).collect::<Vec<_>>());
        }
        assert!(side_by_side(0, 3, |_| Ok::<usize, TrainError>(0)).unwrap().is_empty());
    }

    #[test]
    fn the_first_failure_in_the_order_of_runs_is_returned_and_ends_the_others() {
        let begun = AtomicUsize::new(0);
        let run = |index| {
            begun.fetch_add(1, Ordering::Relaxed);
            if index < 2 { Ok(index) } else { Err(TrainError::Mismatch(format!("run {index}"))) }
        };
        assert_eq!(side_by_side(1000, 4, run).unwrap_err().to_string(), "run 2");
        // Each of the other threads may have begun one run while this one failed, and those before it.
        assert!(begun.load(Ordering::Relaxed) <= 2 + 4, "{begun:?}");
        assert!(side_by_side(3, 0, run).unwrap_err().to_string().contains("jobs is 0"));
    }
}
