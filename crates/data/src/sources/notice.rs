//! Warnings to the user of a program.

use std::io::Write;

use super::DataOptions;

/// Reports a warning, unless the options are quiet: to the `log` logger if the application has set one, otherwise as a
/// line on standard error.
pub(crate) fn warn(warning: &str, options: &DataOptions) {
    if options.quiet {
        return;
    }
    if log::max_level() == log::LevelFilter::Off {
        // Ignored, because a closed or full standard error must not stop the program.
        let _ = writeln!(std::io::stderr(), "warning: {warning}");
    } else {
        log::warn!("{warning}");
    }
}
