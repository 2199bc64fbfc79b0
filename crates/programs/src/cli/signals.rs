//! Ctrl-C and SIGTERM.
//!
//! While a program trains, the first signal ends the training after its present step, so that a checkpoint is written, and
//! the second one ends the program. At other times the first one does.

use std::{
    fmt::Display,
    io,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use kindling::interrupt;
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
pub(super) fn resumable<T, E: Display>(train: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    ENDS_PROGRAM.store(false, Ordering::Relaxed);
    let result = train();
    ENDS_PROGRAM.store(true, Ordering::Relaxed);
    if let Err(error) = &result
        && interrupt::is_requested()
    {
        print_error(format_args!("{error}\nTo continue: {}", resuming_command(std::env::args())));
        std::process::exit(128 + RECEIVED.load(Ordering::Relaxed) as i32);
    }
    result
}

/// This program's command line with `--resume`.
fn resuming_command(arguments: impl Iterator<Item = String>) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "-_./:=,+@%".contains(character);
    let quoted = |argument: String| match !argument.is_empty() && argument.chars().all(is_plain) {
        true => argument,
        false => format!("'{}'", argument.replace('\'', r"'\''")),
    };
    let arguments = arguments.filter(|argument| argument != "--resume").map(quoted);
    arguments.chain(["--resume".to_owned()]).collect::<Vec<_>>().join(" ")
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
