//! Sends signals to running programs.

use std::{
    io::{self, BufRead, BufReader},
    path::Path,
    process::{Command, ExitStatus, Stdio},
    thread,
};

use crate::Program;

/// A program run on bundled data that is interrupted by a signal.
#[derive(Clone, Copy, Debug)]
pub struct Interruption<'a> {
    /// The program.
    pub program: Program,
    /// Its arguments, without `--data` and `--out`.
    pub arguments: &'a [&'a str],
    /// The name of the signal, as for `kill -s`.
    pub signal: &'a str,
}

impl Interruption<'_> {
    /// Runs the program, sends the signal when `wait` returns, and returns the exit status and standard error. `wait` gets the
    /// program's standard output.
    pub fn run(&self, out: &Path, wait: impl FnOnce(&mut dyn BufRead)) -> (ExitStatus, String) {
        let mut command = Command::new(self.program.path());
        command.args(["--data", "bundled", "--out"]).arg(out).args(self.arguments);
        signaled(&mut command, self.signal, wait)
    }
}

/// Runs any command like [`Interruption::run`]. SIGHUP is sent twice, as when a terminal is closed.
pub fn signaled(
    command: &mut Command,
    signal: &str,
    wait: impl FnOnce(&mut dyn BufRead),
) -> (ExitStatus, String) {
    let command = command.env("KINDLING_CACHE_DIR", "/nonexistent").env("HTTPS_PROXY", "http://127.0.0.1:9");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    wait(&mut lines);
    let id = child.id().to_string();
    for _ in 0..if signal == "HUP" { 2 } else { 1 } {
        // The program may have exited already.
        let _ = Command::new("kill").args(["-s", signal, &id]).stderr(Stdio::null()).status();
    }
    thread::spawn(move || io::copy(&mut lines, &mut io::sink()));
    let output = child.wait_with_output().unwrap();
    (output.status, String::from_utf8_lossy(&output.stderr).into_owned())
}
