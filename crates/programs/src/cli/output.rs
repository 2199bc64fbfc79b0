//! Printing to standard output and standard error. A closed pipe or a full disk does not end the run.

use std::{
    fmt::Display,
    io::{ErrorKind, Write, stderr, stdout},
    sync::OnceLock,
};

use anyhow::anyhow;

/// The first error of printing a line.
static LOST: OnceLock<String> = OnceLock::new();

/// Prints a line on standard output. An error is kept for [`check_printed`].
pub fn print(line: impl Display) {
    match writeln!(stdout(), "{line}") {
        // A reader such as `head` may close the pipe early. This is not an error.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            LOST.get_or_init(|| error.to_string());
        }
        _ => {}
    }
}

/// Prints a line on standard error, ignoring errors.
pub fn print_error(line: impl Display) {
    let _ = writeln!(stderr(), "{line}");
}

/// Checks that all lines were printed. For programs whose only result is their output.
///
/// # Errors
/// Returns an error if writing to standard output failed for another reason than a closed pipe.
pub fn check_printed() -> anyhow::Result<()> {
    LOST.get().map_or(Ok(()), |error| Err(anyhow!("cannot write to standard output: {error}")))
}
