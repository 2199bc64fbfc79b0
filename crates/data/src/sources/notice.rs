//! Warnings to the user of a program.

use std::io::Write;

use super::DataOptions;

/// Reports a warning, unless the options are quiet: to the `log` logger if the application has one, otherwise as a line
/// on standard error.
pub(crate) fn warn(warning: &str, options: &DataOptions) {
    if options.quiet {
        return;
    }
    if log::max_level() == log::LevelFilter::Off {
        // A program whose standard error is closed or full goes on.
        let _ = writeln!(std::io::stderr(), "warning: {warning}");
    } else {
        log::warn!("{warning}");
    }
}
