//! Handling of Ctrl-C (SIGINT), SIGTERM and SIGHUP.
//!
//! - During training, the first signal ends the training after the current step, so that a checkpoint is saved. The second signal
//!   ends the program.
//! - After the last training, the first signal is deferred until the results are complete.
//! - At other times, the first signal ends the program.
//! - A closed terminal may send SIGHUP more than once. Repeated ones are ignored.
//! - A server waits for a signal with [`wait_for_signal`].

use std::{
    ffi::OsString,
    io,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use kindling::{interrupt, prelude::TrainError};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ},
    flag,
};

use super::{output::print_error, quoted::quoted};

/// Whether the next signal ends the program.
static ENDS_PROGRAM: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| Arc::new(AtomicBool::new(true)));

/// The received signal, or 0.
static RECEIVED: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

/// Installs the signal handlers, once per process: further ones would end the program at the first signal. Exceeding the file size
/// limit (`ulimit -f`) becomes an ordinary I/O error.
pub(super) fn handle() -> io::Result<()> {
    flag::register(SIGXFSZ, Arc::default())?;
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        if signal == SIGHUP && ignores_hangup() {
            continue;
        }
        // Handlers run in the order of registration.
        flag::register_conditional_shutdown(signal, 128 + signal, ENDS_PROGRAM.clone())?;
        flag::register_usize(signal, RECEIVED.clone(), signal as usize)?;
        flag::register(signal, interrupt::flag())?;
        if signal != SIGHUP {
            flag::register(signal, ENDS_PROGRAM.clone())?;
        }
    }
    Ok(())
}

/// Returns whether SIGHUP is ignored, for example because the program was started with `nohup`. Without `/proc` this is unknown,
/// and SIGHUP keeps its default action.
fn ignores_hangup() -> bool {
    let ignored = || {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    };
    ignored().is_none_or(|mask| mask >> (SIGHUP - 1) & 1 == 1)
}

/// Runs one or more resumable trainings. After a signal, the program exits here with status 129, 130 or 143.
pub(super) fn resumable<T, E: Into<anyhow::Error>>(
    train: impl FnOnce() -> Result<T, E>,
) -> anyhow::Result<T> {
    defer();
    let error = match train() {
        Ok(trained) => return Ok(trained),
        Err(error) => error.into(),
    };
    let of_training = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<TrainError>().is_some_and(TrainError::is_interrupted)
    };
    if interrupt::is_requested() {
        match error.chain().any(of_training) {
            true => print_error(format_args!(
                "{error}\nTo continue: {}",
                resuming_command(std::env::args_os(), |name| std::env::var_os(name))
            )),
            false => print_error(format_args!("Error: no checkpoint was saved: {error:#}")),
        }
        exit();
    }
    Err(error)
}

/// Makes the next signal end the program, as outside of trainings.
pub(super) fn end_program() {
    ENDS_PROGRAM.store(true, Ordering::Relaxed);
}

/// Defers signals: from now on, they only set the flag that [`interrupt::is_requested`] reads.
pub(super) fn defer() {
    ENDS_PROGRAM.store(false, Ordering::Relaxed);
}

/// Returns the exit status for the received signal.
fn status() -> i32 {
    128 + RECEIVED.load(Ordering::Relaxed) as i32
}

/// Exits with the status for the received signal.
pub(super) fn exit() -> ! {
    std::process::exit(status())
}

/// Waits for a signal and returns its exit status. The signal also interrupts all trainings. A second signal ends the program
/// immediately.
pub fn wait_for_signal() -> i32 {
    defer();
    while !interrupt::is_requested() {
        std::thread::sleep(Duration::from_millis(50));
    }
    status()
}

/// Environment variables that change what a program does.
const VARIABLES: [&str; 4] =
    ["KINDLING_BACKEND", "KINDLING_CACHE_DIR", "KINDLING_DATA_DIR", "KINDLING_MIRROR"];

/// Returns this program's command line with `--resume`, after the variables that it depends on.
fn resuming_command(
    arguments: impl Iterator<Item = OsString>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> String {
    let arguments = arguments.filter(|argument| argument != "--resume");
    let variables = VARIABLES.iter().filter_map(|name| {
        let value = variable(name).filter(|value| !value.is_empty())?;
        Some(format!("{name}={}", quoted(&value)))
    });
    let arguments = arguments.chain(["--resume".into()]).map(|argument: OsString| quoted(&argument));
    variables.chain(arguments).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_can_be_pasted_into_a_shell() {
        let command = |arguments: &[&str]| {
            let arguments = arguments.iter().map(|argument| (*argument).into());
            resuming_command(arguments, |name| (name == "KINDLING_DATA_DIR").then(|| "my data".into()))
        };
        assert_eq!(
            command(&["ch02_mnist", "--epochs", "5"]),
            "KINDLING_DATA_DIR='my data' ch02_mnist --epochs 5 --resume"
        );
        assert_eq!(
            command(&["a", "--resume", "--out", "my runs"]),
            "KINDLING_DATA_DIR='my data' a --out 'my runs' --resume"
        );
    }
}
