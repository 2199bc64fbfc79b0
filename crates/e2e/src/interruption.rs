//! Programs that get a signal while they run.

use std::{
    io::{self, BufRead, BufReader},
    path::Path,
    process::{Command, ExitStatus, Stdio},
    thread,
};

use crate::Program;

/// A program on bundled data that gets a signal.
#[derive(Clone, Copy, Debug)]
pub struct Interruption<'a> {
    /// The program.
    pub program: Program,
    /// Its arguments, but for `--data` and `--out`.
    pub arguments: &'a [&'a str],
    /// The signal, as `kill -s` names it.
    pub signal: &'a str,
}

impl Interruption<'_> {
    /// Runs the program, sends the signal once `wait` has returned, and returns its exit status and standard error. `wait`
    /// reads what the program prints.
    pub fn run(&self, out: &Path, wait: impl FnOnce(&mut dyn BufRead)) -> (ExitStatus, String) {
        let mut command = Command::new(self.program.path());
        command.args(["--data", "bundled", "--out"]).arg(out).args(self.arguments);
        signaled(&mut command, self.signal, wait)
    }
}

/// As [`Interruption::run`], for any command. SIGHUP is sent twice: a terminal that is closed does that.
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
        // The program may have ended already.
        let _ = Command::new("kill").args(["-s", signal, &id]).stderr(Stdio::null()).status();
    }
    thread::spawn(move || io::copy(&mut lines, &mut io::sink()));
    let output = child.wait_with_output().unwrap();
    (output.status, String::from_utf8_lossy(&output.stderr).into_owned())
}
