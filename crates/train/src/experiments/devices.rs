//! Parallel training runs on one or several devices.

use std::{
    collections::BTreeSet,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use burn::tensor::Device;

use crate::TrainError;

/// The devices for the training runs of a search, a cross-validation or an experiment, and the number of parallel
/// runs on each.
///
/// Results do not depend on the number of parallel runs. Devices of different types round differently, so results
/// then vary in the last digits with the device of each run.
///
/// If a device fails, for example because a remote machine is switched off, its unfinished runs are repeated on the
/// other devices, and it gets no more runs. A remote machine that does not respond, but whose connection stays open,
/// does not count as failed.
///
/// ```
/// use burn::tensor::Device;
/// use kindling_train::experiments::Devices;
///
/// // Two parallel runs on this machine.
/// let devices = Devices::from(&Device::flex()).jobs(2);
/// // One run at a time on each of two devices, with names for error messages.
/// let devices = Devices::new([("first", Device::flex()), ("second", Device::flex())]);
/// # let _ = devices;
/// ```
#[derive(Clone, Debug)]
pub struct Devices {
    devices: Vec<(String, Device)>,
    jobs: usize,
}

impl Devices {
    /// Creates a list of devices, with names for error messages.
    pub fn new<N: Into<String>>(devices: impl IntoIterator<Item = (N, Device)>) -> Self {
        Self { devices: devices.into_iter().map(|(name, device)| (name.into(), device)).collect(), jobs: 1 }
    }

    /// Sets the number of parallel runs per device, each on its own thread. If the system does not allow as many
    /// threads, fewer runs are parallel. Default: 1.
    pub fn jobs(self, jobs: usize) -> Self {
        Self { jobs, ..self }
    }

    /// Returns the first device.
    ///
    /// # Errors
    /// Returns an error if there is none or `jobs` is 0.
    pub(crate) fn first(&self) -> Result<&Device, TrainError> {
        if self.jobs == 0 {
            return Err(TrainError::argument("jobs", 0, "give at least 1"));
        }
        let first = self.devices.first().map(|(_, device)| device);
        first.ok_or_else(|| TrainError::argument("devices", "[]", "give at least one"))
    }

    /// Calls `run` for each index below `count`. Returns the results in the order of the indices.
    ///
    /// # Errors
    /// Returns an error if there is no device or `jobs` is 0. If runs fail, returns the error with the lowest index,
    /// and starts no more runs. If all devices fail, returns an error that names them.
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
            // This thread is worker 0. A device has at most as many workers as there are runs.
            for worker in 1..self.devices.len() * self.jobs.min(count) {
                let work = move || work(worker % self.devices.len());
                // If no more threads can be spawned, the existing ones do all runs.
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

/// Creates a list of one device, named by its `Debug` output.
impl From<&Device> for Devices {
    fn from(device: &Device) -> Self {
        Self::new([(format!("{device:?}"), device.clone())])
    }
}

/// The waiting runs, and the results of the finished ones.
struct Queue<T>(Mutex<State<T>>, Condvar);

struct State<T> {
    waiting: BTreeSet<usize>,
    /// Number of active runs. If its device fails, an active run is put back to `waiting`.
    running: usize,
    results: Vec<Option<Result<T, TrainError>>>,
    /// The failure of each device.
    failures: Vec<Option<TrainError>>,
    /// Whether to start no more runs.
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

    /// Returns the next run for a device, or `None` if there is none left.
    fn next(&self, device: usize) -> Option<Ticket<'_, T>> {
        let mut state = self.state();
        loop {
            if state.stopped || state.failures[device].is_some() {
                return None;
            }
            // Runs are started in order, so all runs before the first failed one have been started.
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

/// An active run. Dropping it ends the run, without a result if it panicked.
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
    fn results_are_in_order_for_any_numbers_of_threads_and_devices() {
        for (count, jobs) in [(1, 1), (1, 2), (3, 1), (2, 7), (4, 100)] {
            let squares = devices(count).jobs(jobs).run(20, |index, _| Ok(index * index)).unwrap();
            assert_eq!(squares, (0..20).map(|index| index * index).collect::<Vec<_>>());
        }
        assert!(devices(2).jobs(3).run(0, |_, _| Ok(0)).unwrap().is_empty());
    }

    #[test]
    fn first_error_in_order_is_returned_and_no_more_runs_start() {
        let begun = AtomicUsize::new(0);
        let run = |index, _: &Device| {
            begun.fetch_add(1, Ordering::Relaxed);
            if index < 2 { Ok(index) } else { Err(TrainError::Mismatch(format!("run {index}"))) }
        };
        assert_eq!(devices(2).jobs(2).run(1000, run).unwrap_err().to_string(), "run 2");
        // Runs 0 and 1, and at most one run on each of the four threads.
        assert!(begun.load(Ordering::Relaxed) <= 2 + 4, "{begun:?}");
        assert!(devices(1).jobs(0).run(3, run).unwrap_err().to_string().contains("jobs is 0"));
        assert!(devices(0).run(3, run).unwrap_err().to_string().contains("devices is []"));
    }

    /// Returns the error of a failed device, wrapped as by a variant of an experiment.
    fn failure(reason: &str) -> TrainError {
        TrainError::Variant { name: "a".into(), source: Box::new(TrainError::device(reason)) }
    }

    #[test]
    fn unfinished_runs_of_a_failed_device_move_to_the_others() {
        for jobs in [1, 3] {
            let devices = devices(2).jobs(jobs);
            let failed = AtomicUsize::new(0);
            let run = |index, device: &Device| {
                if std::ptr::eq(device, &devices.devices[0].1) {
                    failed.fetch_add(1, Ordering::Relaxed);
                    return Err(failure("it was switched off"));
                }
                // The second device waits until the first one has failed.
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
    fn error_after_failure_of_all_devices_names_them() {
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
    fn panics_propagate_to_the_caller() {
        let run = |index, _: &Device| if index == 3 { panic!("run {index}") } else { Ok(index) };
        let panicked = std::panic::catch_unwind(|| devices(2).jobs(2).run(9, run));
        assert!(panicked.is_err());
    }
}
