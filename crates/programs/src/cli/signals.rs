//! Ctrl-C and SIGTERM.
//!
//! While a program trains, the first signal ends the training after its present step, so that a checkpoint is written, and
//! the second one ends the program. After the last training, the first one lets the program complete its results. At other
//! times the first one ends the program. A server waits for it ([`wait_for_signal`]).

use std::{
    io,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use kindling::{interrupt, prelude::TrainError};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};

use super::output::print_error;

/// Whether the next signal ends the program.
static ENDS_PROGRAM: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| Arc::new(AtomicBool::new(true)));

/// The signal that has ended the training, or 0.
static RECEIVED: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

/// Handles both signals from now on.
pub(super) fn handle() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        // In the order in which they take effect.
        flag::register_conditional_shutdown(signal, 128 + signal, ENDS_PROGRAM.clone())?;
        flag::register_usize(signal, RECEIVED.clone(), signal as usize)?;
        flag::register(signal, interrupt::flag())?;
        flag::register(signal, ENDS_PROGRAM.clone())?;
    }
    Ok(())
}

/// Runs a training, or several, that can be resumed. After a signal the program ends here, with the status 130 or 143.
pub(super) fn resumable<T, E: Into<anyhow::Error>>(
    train: impl FnOnce() -> Result<T, E>,
) -> anyhow::Result<T> {
    ENDS_PROGRAM.store(false, Ordering::Relaxed);
    let error = match train() {
        Ok(trained) => return Ok(trained),
        Err(error) => error.into(),
    };
    let of_training = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<TrainError>().is_some_and(TrainError::is_interrupted)
    };
    if interrupt::is_requested() {
        match error.chain().any(of_training) {
            true => print_error(format_args!("{error}\nTo continue: {}", resuming_command(std::env::args()))),
            false => print_error(format_args!("Error: the state was not saved: {error:#}")),
        }
        std::process::exit(128 + RECEIVED.load(Ordering::Relaxed) as i32);
    }
    Err(error)
}

/// Lets the next signal end the program, as before and after trainings that are not the last one.
pub(super) fn end_program() {
    ENDS_PROGRAM.store(true, Ordering::Relaxed);
}

/// Waits for a signal, which asks all trainings to end, and returns the exit status that stands for it. A second one ends the
/// program at once.
pub fn wait_for_signal() -> i32 {
    ENDS_PROGRAM.store(false, Ordering::Relaxed);
    while !interrupt::is_requested() {
        std::thread::sleep(Duration::from_millis(50));
    }
    128 + RECEIVED.load(Ordering::Relaxed) as i32
}

/// Variables that decide what a program does, beside its command line.
const VARIABLES: [&str; 4] =
    ["KINDLING_BACKEND", "KINDLING_CACHE_DIR", "KINDLING_DATA_DIR", "KINDLING_MIRROR"];

/// This program's command line with `--resume`.
fn resuming_command(arguments: impl Iterator<Item = String>) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "-_./:=,+@%".contains(character);
    let quoted = |argument: String| match !argument.is_empty() && argument.chars().all(is_plain) {
        true => argument,
        false => format!("'{}'", argument.replace('\'', r"'\''")),
    };
    let arguments = arguments.filter(|argument| argument != "--resume").map(quoted);
    let variables = VARIABLES.iter().filter_map(|name| {
        let value = std::env::var(name).ok().filter(|value| !value.is_empty())?;
        Some(format!("{name}={}", quoted(value)))
    });
    variables.chain(arguments).chain(["--resume".to_owned()]).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_can_be_pasted_into_a_shell() {
        let command =
            |arguments: &[&str]| resuming_command(arguments.iter().map(|argument| (*argument).into()));
        assert_eq!(command(&["ch02_mnist", "--epochs", "5"]), "ch02_mnist --epochs 5 --resume");
        assert_eq!(command(&["a", "--resume", "--out", "my runs"]), "a --out 'my runs' --resume");
        assert_eq!(command(&["a", "it's", ""]), r"a 'it'\''s' '' --resume");
    }
}
