//! Trainings side by side, on one or several devices.

use std::{
    collections::BTreeSet,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use burn::tensor::Device;

use crate::TrainError;

/// The devices on which the trainings of a search, a cross-validation or an experiment run, and how many at a time on each.
///
/// The results do not depend on how many run at a time. Devices of different kinds round differently, so with them results
/// depend, in their last digits, on which device a training ran on.
///
/// If a device fails, such as a machine that is switched off, no more trainings are started on it and those that it had not
/// finished are run again on the others. A machine whose connection is silent rather than closed does not count as failed.
///
/// ```
/// use burn::tensor::Device;
/// use kindling_train::experiments::Devices;
///
/// // Two trainings at a time on this machine.
/// let devices = Devices::from(&Device::flex()).jobs(2);
/// // One at a time on each of two devices, which messages call by these names.
/// let devices = Devices::new([("first", Device::flex()), ("second", Device::flex())]);
/// # let _ = devices;
/// ```
#[derive(Clone, Debug)]
pub struct Devices {
    devices: Vec<(String, Device)>,
    jobs: usize,
}

impl Devices {
    /// Creates a list of devices with the names that messages call them by.
    pub fn new<N: Into<String>>(devices: impl IntoIterator<Item = (N, Device)>) -> Self {
        Self { devices: devices.into_iter().map(|(name, device)| (name.into(), device)).collect(), jobs: 1 }
    }

    /// Sets how many trainings run at a time on each device, on threads; fewer if the system allows no more threads. Default: 1.
    pub fn jobs(self, jobs: usize) -> Self {
        Self { jobs, ..self }
    }

    /// Returns the first device, or an error if there is none or `jobs` is 0.
    pub(crate) fn first(&self) -> Result<&Device, TrainError> {
        if self.jobs == 0 {
            return Err(TrainError::argument("jobs", 0, "give at least 1"));
        }
        let first = self.devices.first().map(|(_, device)| device);
        first.ok_or_else(|| TrainError::argument("devices", "[]", "give at least one"))
    }

    /// Calls `run` for each index below `count`, and returns the results in the order of the indices.
    ///
    /// # Errors
    /// If there is no device, `jobs` is 0, or a run fails: the first one's error in the order of the indices. No run is
    /// begun after that. If all devices fail, an error that names them.
    pub(crate) fn run<T: Send>(
        &self,
        count: usize,
        run: impl Fn(usize, &Device) -> Result<T, TrainError> + Sync,
    ) -> Result<Vec<T>, TrainError> {
        self.first()?;
        let queue = Queue::new(count, self.devices.len());
        let work = |number: usize| {
            while let Some(mut ticket) = queue.next(number) {
                let result = run(ticket.index, &self.devices[number].1);
                ticket.result = Some(result);
            }
        };
        thread::scope(|scope| {
            // One worker is this thread; a device has no more workers than there are runs.
            for worker in 1..self.devices.len() * self.jobs.min(count) {
                let work = move || work(worker % self.devices.len());
                // Where the system allows no more threads, those that there are do all.
                if thread::Builder::new().spawn_scoped(scope, work).is_err() {
                    break;
                }
            }
            work(0);
        });
        let State { results, failures, .. } = queue.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        if results.iter().any(Option::is_none) && !results.iter().flatten().any(Result::is_err) {
            let names = self.devices.iter().map(|(name, _)| name);
            let failure =
                |(name, failure): (&String, Option<TrainError>)| Some(format!("{name}: {}", failure?));
            let failures: Vec<String> = names.zip(failures).filter_map(failure).collect();
            return Err(TrainError::NoDevices(failures.join("; ")));
        }
        results.into_iter().flatten().collect()
    }
}

/// One device, called by its own name.
impl From<&Device> for Devices {
    fn from(device: &Device) -> Self {
        Self::new([(format!("{device:?}"), device.clone())])
    }
}

/// The runs that wait, and the results of those that have ended.
struct Queue<T>(Mutex<State<T>>, Condvar);

struct State<T> {
    waiting: BTreeSet<usize>,
    /// Number of runs that have begun and not ended: one may come back to be run on another device.
    running: usize,
    results: Vec<Option<Result<T, TrainError>>>,
    /// Of each device.
    failures: Vec<Option<TrainError>>,
    /// No more runs are to be begun.
    stopped: bool,
}

impl<T> Queue<T> {
    fn new(count: usize, devices: usize) -> Self {
        let state = State {
            waiting: (0..count).collect(),
            running: 0,
            results: (0..count).map(|_| None).collect(),
            failures: (0..devices).map(|_| None).collect(),
            stopped: false,
        };
        Self(Mutex::new(state), Condvar::new())
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next run for a device; none if there is nothing left to do for it.
    fn next(&self, device: usize) -> Option<Ticket<'_, T>> {
        let mut state = self.state();
        loop {
            if state.stopped || state.failures[device].is_some() {
                return None;
            }
            // Runs are begun in their order, so the first that fails has been begun before any is left out.
            if let Some(index) = state.waiting.pop_first() {
                state.running += 1;
                return Some(Ticket { queue: self, device, index, result: None });
            }
            if state.running == 0 {
                return None;
            }
            state = self.1.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A run that has begun. It ends when this is dropped: without a result, if it panicked.
struct Ticket<'a, T> {
    queue: &'a Queue<T>,
    device: usize,
    index: usize,
    result: Option<Result<T, TrainError>>,
}

impl<T> Drop for Ticket<'_, T> {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        state.running -= 1;
        match self.result.take() {
            Some(Err(error)) if error.is_device_failure() => {
                state.waiting.insert(self.index);
                state.failures[self.device].get_or_insert(error);
            }
            result => {
                state.stopped |= !matches!(result, Some(Ok(_)));
                state.results[self.index] = result;
            }
        }
        self.queue.1.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn devices(count: usize) -> Devices {
        Devices::new((0..count).map(|number| (format!("device {number}"), Device::flex())))
    }

    #[test]
    fn results_are_in_order_for_any_number_of_threads_and_devices() {
        for (count, jobs) in [(1, 1), (1, 2), (3, 1), (2, 7), (4, 100)] {
            let squares = devices(count).jobs(jobs).run(20, |index, _| Ok(index * index)).unwrap();
            assert_eq!(squares, (0..20).map(|index| index * index).collect::<Vec<_>>());
        }
        assert!(devices(2).jobs(3).run(0, |_, _| Ok(0)).unwrap().is_empty());
    }

    #[test]
    fn the_first_failure_in_the_order_of_runs_is_returned_and_ends_the_others() {
        let begun = AtomicUsize::new(0);
        let run = |index, _: &Device| {
            begun.fetch_add(1, Ordering::Relaxed);
            if index < 2 { Ok(index) } else { Err(TrainError::Mismatch(format!("run {index}"))) }
        };
        assert_eq!(devices(2).jobs(2).run(1000, run).unwrap_err().to_string(), "run 2");
        // Each of the other threads may have begun one run while this one failed, and those before it.
        assert!(begun.load(Ordering::Relaxed) <= 2 + 4, "{begun:?}");
        assert!(devices(1).jobs(0).run(3, run).unwrap_err().to_string().contains("jobs is 0"));
        assert!(devices(0).run(3, run).unwrap_err().to_string().contains("devices is []"));
    }

    /// The error of a device, as a variant of an experiment returns it.
    fn failure(reason: &str) -> TrainError {
        TrainError::Variant { name: "a".into(), source: Box::new(TrainError::device(reason)) }
    }

    #[test]
    fn what_a_failed_device_had_not_finished_is_run_on_the_others() {
        for jobs in [1, 3] {
            let devices = devices(2).jobs(jobs);
            let failed = AtomicUsize::new(0);
            let run = |index, device: &Device| {
                if std::ptr::eq(device, &devices.devices[0].1) {
                    failed.fetch_add(1, Ordering::Relaxed);
                    return Err(failure("it was switched off"));
                }
                // The second device takes all runs only after the first one has failed.
                while failed.load(Ordering::Relaxed) == 0 {
                    std::thread::yield_now();
                }
                Ok(index)
            };
            assert_eq!(devices.run(9, run).unwrap(), (0..9).collect::<Vec<_>>());
            assert!((1..=jobs).contains(&failed.into_inner()));
        }
    }

    #[test]
    fn when_no_device_is_left_the_error_names_all() {
        let error = devices(2).run(9, |index, _| match index {
            0..3 => Ok(()),
            _ => Err(failure("it was switched off")),
        });
        let message = error.unwrap_err().to_string();
        for name in ["device 0: variant a:", "device 1: variant a:", "it was switched off"] {
            assert!(message.contains(name), "{message}");
        }
    }

    #[test]
    fn a_panic_reaches_the_caller() {
        let run = |index, _: &Device| if index == 3 { panic!("run {index}") } else { Ok(index) };
        let panicked = std::panic::catch_unwind(|| devices(2).jobs(2).run(9, run));
        assert!(panicked.is_err());
    }
}
