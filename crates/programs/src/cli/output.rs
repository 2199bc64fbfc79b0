//! Standard output and standard error: a reader that has gone, or a full disk, is no reason to lose a run.

use std::{
    fmt::Display,
    io::{Write, stderr, stdout},
};

/// Prints a line on standard output, if that can be written to.
pub fn print(line: impl Display) {
    let _ = writeln!(stdout(), "{line}");
}

/// Prints a line on standard error, if that can be written to.
pub fn print_error(line: impl Display) {
    let _ = writeln!(stderr(), "{line}");
}
