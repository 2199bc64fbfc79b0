//! Runs the program of a run again, for `verify` and `replay`.

use std::{
    ffi::OsString,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context, bail};
use kindling::{data::files::with_remedy, interrupt};
use tempfile::TempDir;

use super::{RunCommand, option};
use crate::cli::signals;

/// A process that repeats a run and writes to a temporary directory. Dropping the value kills the process and deletes the
/// directory. So does a signal, whose handlers [`parse_alone`](crate::cli::parse_alone) installs.
#[derive(Debug)]
pub struct Rerun {
    program: Child,
    /// Collects the standard error of the program.
    errors: Option<JoinHandle<String>>,
    out: TempDir,
}

impl Rerun {
    /// Starts the program of `command`, the command line of `run`, with additional arguments. `data_dir`, if given, replaces the
    /// recorded data directory.
    ///
    /// # Errors
    /// Returns an error if the program is not built or cannot be started.
    pub fn start(
        command: &RunCommand,
        run: &Path,
        data_dir: Option<&Path>,
        arguments: impl IntoIterator<Item = OsString>,
        output: Stdio,
    ) -> anyhow::Result<Self> {
        signals::defer();
        let out = tempfile::tempdir().map_err(with_remedy);
        let out = out.context("cannot create a temporary directory: set TMPDIR to a writable directory")?;
        let mut replaced = vec!["--out", "--checkpoint-every"];
        replaced.extend(data_dir.map(|_| "--data-dir"));
        let mut command = command.again(&["--resume", "--record", "--quiet"], &replaced)?;
        command.arg("--quiet").arg(option("--out", out.path()));
        // Programs that make no receipts refuse this flag, so that a run directory cannot start them. Their flags may name files to
        // write.
        command.arg(option("--recorded-run", run)).args(arguments);
        command.args(data_dir.map(|directory| option("--data-dir", directory)));
        command.stdin(Stdio::null()).stdout(output).stderr(Stdio::piped());
        let mut program =
            command.spawn().map_err(with_remedy).context("cannot start the program of the run")?;
        let errors = program.stderr.take().map(|mut errors| {
            thread::spawn(move || {
                let mut bytes = Vec::new();
                // If reading fails, the error message is incomplete.
                let _ = errors.read_to_end(&mut bytes);
                String::from_utf8_lossy(&bytes).into_owned()
            })
        });
        Ok(Self { program, errors, out })
    }

    /// Waits for the program and returns its output directory. After a signal, this process exits.
    ///
    /// # Errors
    /// Returns the program's error message if it failed.
    pub fn end(&mut self) -> anyhow::Result<PathBuf> {
        let status = loop {
            if interrupt::is_requested() {
                self.clean();
                signals::exit();
            }
            match self.program.try_wait().context("cannot wait for the program of the run")? {
                Some(status) => break status,
                None => thread::sleep(Duration::from_millis(1)),
            }
        };
        let errors = self.errors.take().and_then(|errors| errors.join().ok()).unwrap_or_default();
        if !status.success() {
            let message = errors.trim();
            bail!("{}", message.strip_prefix("Error: ").unwrap_or(message));
        }
        Ok(self.out.path().into())
    }

    /// Kills the program and deletes its files.
    fn clean(&mut self) {
        // The program may have exited already.
        let _ = self.program.kill();
        let _ = self.program.wait();
        let _ = std::fs::remove_dir_all(self.out.path());
    }
}

impl Drop for Rerun {
    fn drop(&mut self) {
        self.clean();
    }
}
