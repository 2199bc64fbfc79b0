//! Standard output and standard error: a reader that has gone, or a full disk, is no reason to lose a run.

use std::{
    fmt::Display,
    io::{ErrorKind, Write, stderr, stdout},
    sync::OnceLock,
};

use anyhow::anyhow;

/// Why a line could not be printed.
static LOST: OnceLock<String> = OnceLock::new();

/// Prints a line on standard output, if that can be written to.
pub fn print(line: impl Display) {
    match writeln!(stdout(), "{line}") {
        // A reader that stops early, such as `head`, has what it wanted.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            LOST.get_or_init(|| error.to_string());
        }
        _ => {}
    }
}

/// Prints a line on standard error, if that can be written to.
pub fn print_error(line: impl Display) {
    let _ = writeln!(stderr(), "{line}");
}

/// Checks that all lines were printed, in a program that has no other results.
///
/// # Errors
/// When standard output could not be written to, other than because its reader had gone.
pub fn check_printed() -> anyhow::Result<()> {
    LOST.get().map_or(Ok(()), |error| Err(anyhow!("cannot write to standard output: {error}")))
}
