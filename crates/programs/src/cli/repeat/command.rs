//! The command line of a recorded run.

use std::{
    ffi::{OsStr, OsString},
    io::ErrorKind,
    path::Path,
    process::Command,
};

use anyhow::{bail, ensure};
use kindling::backend;
use serde::{Deserialize, Serialize};

use crate::cli::{CommonArgs, json};

/// Returns `name=path`, which also works for a path that begins with a dash.
pub fn option(name: &str, path: &Path) -> OsString {
    [name.as_ref(), "=".as_ref(), path.as_os_str()].into_iter().collect()
}

/// The command line of a recorded run, which `verify` and `replay` run again.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunCommand {
    /// Name of the program.
    pub example: String,
    /// Arguments of the program.
    pub arguments: Vec<Argument>,
}

/// An argument: text if it is valid Unicode, bytes otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Argument {
    /// Text.
    Text(String),
    /// A path that is not valid Unicode.
    Bytes(OsString),
}

impl From<OsString> for Argument {
    fn from(argument: OsString) -> Self {
        argument.into_string().map_or_else(Self::Bytes, Self::Text)
    }
}

impl AsRef<OsStr> for Argument {
    fn as_ref(&self) -> &OsStr {
        match self {
            Self::Text(text) => text.as_ref(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

impl RunCommand {
    /// File name, in the directory of the key frames.
    pub const FILE: &str = "run.json";

    /// Returns the command line of this process, with the backend and the absolute data directory as explicit options.
    pub(in crate::cli) fn of(example: &str, args: &CommonArgs) -> Self {
        let arguments: Vec<Argument> = std::env::args_os().skip(1).map(Argument::from).collect();
        let mut arguments = without(&arguments, &[], &["--backend", "--data-dir"]);
        arguments.push(Argument::Text(format!("--backend={}", args.run.backend)));
        let data = args.data.options();
        let directory =
            data.directory().map(|directory| std::path::absolute(directory).unwrap_or(directory.into()));
        arguments.extend(directory.map(|directory| option("--data-dir", &directory).into()));
        Self { example: example.into(), arguments }
    }

    /// Reads the command line of the recording in a directory.
    ///
    /// # Errors
    /// Returns an error if the file is missing or not valid.
    pub fn read(recording: &Path) -> anyhow::Result<Self> {
        json::read(&recording.join(Self::FILE), "with --record")
    }

    /// Returns a command that runs the program again without the given flags, and without the given options and their values.
    pub(super) fn again(&self, flags: &[&str], options: &[&str]) -> anyhow::Result<Command> {
        let example = &self.example;
        // A run directory may come from an untrusted source and must not select an arbitrary program.
        ensure!(
            example.chars().all(|character| character.is_ascii_alphanumeric() || character == '_'),
            "{example:?} is not a program name: the recorded command was modified after the run"
        );
        let program =
            std::env::current_exe()?.with_file_name(example).with_extension(std::env::consts::EXE_EXTENSION);
        let path = program.display();
        match program.metadata() {
            Ok(metadata) if metadata.is_file() => {}
            Err(error) if error.kind() != ErrorKind::NotFound => {
                bail!("cannot access {path} ({error}): give this user access to its directory")
            }
            _ => bail!("{path} is not built: run `cargo build --release --example {example}`"),
        }
        let arguments = without(&self.arguments, flags, options);
        // A run directory must not select a host to connect to either.
        if let Some(device) =
            arguments.iter().find_map(remote).filter(|name| *name != backend::default_name())
        {
            bail!(
                "the run used a device of another machine, {device}: if you trust that machine, set {}={device}",
                backend::VARIABLE
            );
        }
        let mut command = Command::new(&program);
        command.args(arguments);
        Ok(command)
    }
}

/// Returns the arguments without the given flags, and without the given options and their values.
fn without(arguments: &[Argument], flags: &[&str], options: &[&str]) -> Vec<Argument> {
    let mut kept = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let text = argument.as_ref().to_string_lossy();
        let (name, has_value) = text.split_once('=').map_or((&*text, false), |(name, _)| (name, true));
        if options.contains(&name) {
            if !has_value {
                arguments.next();
            }
        } else if !flags.contains(&name) {
            kept.push(argument.clone());
        }
    }
    kept
}

/// Returns the remote device that an argument names, in any of the forms `NAME`, `--backend=NAME` and `--devices=NAME,NAME`.
fn remote(argument: &Argument) -> Option<String> {
    let text = argument.as_ref().to_string_lossy();
    text.split(['=', ',']).find(|name| name.starts_with("remote:")).map(Into::into)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn arguments_survive_a_round_trip_through_json() {
        let arguments = [OsString::from("--quiet"), OsString::from_vec(b"a\xff".into())].map(Argument::from);
        let json = serde_json::to_string(&arguments).unwrap();
        assert_eq!(json, r#"["--quiet",{"Unix":[97,255]}]"#);
        assert_eq!(serde_json::from_str::<Vec<Argument>>(&json).unwrap(), arguments);
    }
}
