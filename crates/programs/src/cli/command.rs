//! The command of a recorded run.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
    process::Command,
};

use anyhow::{bail, ensure};
use serde::{Deserialize, Serialize};

use super::{CommonArgs, json};

/// Returns an option with a path, which may begin with a dash.
pub fn option(name: &str, path: &Path) -> OsString {
    [name.as_ref(), "=".as_ref(), path.as_os_str()].into_iter().collect()
}

/// The command of a recorded run, which `verify` and `replay` run again.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunCommand {
    /// The program.
    pub example: String,
    /// Its arguments.
    pub arguments: Vec<Argument>,
}

/// An argument, as text if it is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Argument {
    /// Text.
    Text(String),
    /// Other bytes, in a path.
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
    /// The name of its file among the key frames.
    pub const FILE: &str = "run.json";

    /// Returns that of this process, with what the environment has added to its arguments, and with the whole path of the data.
    pub(super) fn of(example: &str, args: &CommonArgs) -> Self {
        let arguments: Vec<Argument> = std::env::args_os().skip(1).map(Argument::from).collect();
        let mut arguments = without(&arguments, &[], &["--backend", "--data-dir"]);
        arguments.push(Argument::Text(format!("--backend={}", args.run.backend)));
        let data = args.data.options();
        let directory =
            data.directory().map(|directory| std::path::absolute(directory).unwrap_or(directory.into()));
        arguments.extend(directory.map(|directory| option("--data-dir", &directory).into()));
        Self { example: example.into(), arguments }
    }

    /// Reads the command of the recording in a directory.
    ///
    /// # Errors
    /// When there is none.
    pub fn read(recording: &Path) -> anyhow::Result<Self> {
        json::read(&recording.join(Self::FILE), "with --record")
    }

    /// Returns a command that runs the program again, without these flags, and without these options and their values.
    pub(super) fn again(&self, flags: &[&str], options: &[&str]) -> anyhow::Result<Command> {
        let example = &self.example;
        // A run may come from someone else, and must not name a program of theirs.
        ensure!(
            example.chars().all(|character| character.is_ascii_alphanumeric() || character == '_'),
            "{example:?} is no name of a program: the run was changed after it was written"
        );
        let program =
            std::env::current_exe()?.with_file_name(example).with_extension(std::env::consts::EXE_EXTENSION);
        let path = program.display();
        match program.try_exists() {
            Ok(true) => {}
            Ok(false) => bail!("{path} is not built: run `cargo build --release --example {example}`"),
            Err(error) => bail!("{path} cannot be reached: {error}"),
        }
        let mut command = Command::new(&program);
        command.args(without(&self.arguments, flags, options));
        Ok(command)
    }
}

/// Returns the arguments without these flags, and without these options and their values.
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

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn arguments_are_kept_byte_by_byte() {
        let arguments = [OsString::from("--quiet"), OsString::from_vec(b"a\xff".into())].map(Argument::from);
        let json = serde_json::to_string(&arguments).unwrap();
        assert_eq!(json, r#"["--quiet",{"Unix":[97,255]}]"#);
        assert_eq!(serde_json::from_str::<Vec<Argument>>(&json).unwrap(), arguments);
    }
}
