//! Warnings: one line on standard error or in the application's log, and none with `quiet`.
//!
//! Each case runs in a separate process, because standard error and the logger are global. Such a process is this test
//! program, called with the name of an ignored test.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use kindling_data::{DataOptions, SplitOptions, boston_housing};
use tempfile::tempdir;

const NOTICE: &str = "the full boston_housing data set is not available (no mirror is set): using the bundled copy, \
    which has the same values";

/// Loads the bundled copy as the fallback, and returns the notice.
fn load(quiet: bool) -> String {
    let cache = tempdir().unwrap();
    let options = DataOptions::default().cache_dir(cache.path()).mirrors([] as [&str; 0]);
    let options = if quiet { options.quiet() } else { options };
    boston_housing::load(&SplitOptions::new(), &options).unwrap().notice.unwrap()
}

#[test]
#[ignore = "runs in a separate process"]
fn process_without_logger() {
    assert_eq!(load(false), NOTICE);
}

#[test]
#[ignore = "runs in a separate process"]
fn process_with_quiet_options() {
    assert_eq!(load(true), NOTICE);
}

/// A logger that writes to standard output.
struct Printer;

impl log::Log for Printer {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }

    fn log(&self, record: &log::Record) {
        println!("logged {}: {}", record.level(), record.args());
    }

    fn flush(&self) {}
}

#[test]
#[ignore = "runs in a separate process"]
fn process_with_logger() {
    log::set_logger(&Printer).unwrap();
    log::set_max_level(log::LevelFilter::Warn);
    assert_eq!(load(false), NOTICE);
}

fn run(test: &str, stderr: Stdio) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .stderr(stderr)
        .output()
        .unwrap()
}

#[test]
fn a_fallback_is_reported_once_on_standard_error() {
    let output = run("process_without_logger", Stdio::piped());
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), format!("warning: {NOTICE}\n"));
}

#[test]
fn quiet_options_disable_warnings() {
    let output = run("process_with_quiet_options", Stdio::piped());
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn the_applications_logger_receives_the_warning() {
    let output = run("process_with_logger", Stdio::piped());
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(stdout.contains(&format!("logged WARN: {NOTICE}\n")), "{stdout}");
}

#[test]
fn a_full_standard_error_is_ignored() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        return println!("skipped: this system has no {}", full.display());
    }
    let full = std::fs::OpenOptions::new().write(true).open(full).unwrap();
    assert!(run("process_without_logger", full.into()).status.success());
}
