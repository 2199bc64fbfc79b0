//! The command of a recorded run.

use std::{path::Path, process::Command};

use anyhow::bail;
use serde::{Deserialize, Serialize};

use super::json;

/// The command of a recorded run, which `verify` and `replay` run again.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunCommand {
    /// The program.
    pub example: String,
    /// Its arguments.
    pub arguments: Vec<String>,
}

impl RunCommand {
    /// The name of its file among the key frames.
    pub const FILE: &str = "run.json";

    /// Returns that of this process.
    pub(super) fn of(example: &str) -> Self {
        Self { example: example.into(), arguments: std::env::args().skip(1).collect() }
    }

    /// Reads the command of the recording in a directory.
    ///
    /// # Errors
    /// When there is none.
    pub fn read(recording: &Path) -> anyhow::Result<Self> {
        json::read(&recording.join(Self::FILE), "with --record")
    }

    /// Returns a command that runs the program again, without these flags, and without these options and their values.
    ///
    /// # Errors
    /// When the program is not built.
    pub fn again(&self, flags: &[&str], options: &[&str]) -> anyhow::Result<Command> {
        let program = std::env::current_exe()?
            .with_file_name(&self.example)
            .with_extension(std::env::consts::EXE_EXTENSION);
        if !program.is_file() {
            let (path, example) = (program.display(), &self.example);
            bail!("{path} is not built: run `cargo build --release --example {example}`");
        }
        let mut command = Command::new(&program);
        let mut arguments = self.arguments.iter();
        while let Some(argument) = arguments.next() {
            let name = argument.split('=').next().unwrap_or_default();
            if options.contains(&name) {
                if !argument.contains('=') {
                    arguments.next();
                }
            } else if !flags.contains(&name) {
                command.arg(argument);
            }
        }
        Ok(command)
    }
}
