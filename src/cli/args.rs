//! The flags of every training program.

use std::path::PathBuf;

use clap::{Args, Command, Parser};
use kindling_data::{DataChoice, DataOptions};

use crate::backend;

/// The flags of every program that reads a data set; flatten them into a program's own.
#[derive(Args, Clone, Debug)]
pub struct DataArgs {
    /// How much data: all of it if it can be had, all of it or an error, or the sample inside the program
    #[arg(long, value_name = "auto|full|bundled", default_value = "auto")]
    pub data: DataChoice,
    /// Folder with the data set's files, in Keras' names and formats [env: KINDLING_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// The flags of every program of the book; flatten them into a program's own.
#[derive(Args, Clone, Debug)]
pub struct CommonArgs {
    /// Where data comes from.
    #[command(flatten)]
    pub data: DataArgs,
    /// What computes; `list` prints the choice, others are compiled in with `--features NAME` [env: KINDLING_BACKEND]
    #[arg(long, value_name = "NAME[:INDEX]", default_value_t = backend::default_name())]
    pub backend: String,
    /// What all random numbers come from
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Folder for results, made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Prints the result alone
    #[arg(long)]
    pub quiet: bool,
}

/// The flags of every program that trains a network; flatten them into a program's own.
#[derive(Args, Clone, Debug)]
pub struct TrainingArgs {
    /// Those of every program.
    #[command(flatten)]
    pub common: CommonArgs,
    /// How often the training samples are gone through
    #[arg(long, value_parser = at_least_one)]
    pub epochs: usize,
    /// Samples a step
    #[arg(long, value_parser = at_least_one)]
    pub batch_size: usize,
    /// Size of the optimizer's steps
    #[arg(long, allow_negative_numbers = true)]
    pub learning_rate: f64,
}

/// The defaults that differ from program to program.
#[derive(Clone, Copy, Debug)]
pub struct Defaults {
    /// The program's name: `ch02_mnist`.
    pub example: &'static str,
    /// Default of `--epochs`.
    pub epochs: usize,
    /// Default of `--batch-size`.
    pub batch_size: usize,
    /// Default of `--learning-rate`.
    pub learning_rate: f64,
    /// Epochs and samples a step by default where the program's own flag `--final`, its field `finally`, is given.
    pub finally: Option<(usize, usize)>,
}

/// Reads the command line of a program with [`TrainingArgs`]; ends the program with a message when it cannot be used,
/// or once backends are listed.
pub fn parse<A: Parser>(defaults: Defaults) -> A {
    let mut command = command::<A>(defaults.example);
    for (name, value) in [
        ("epochs", defaults.epochs.to_string()),
        ("batch_size", defaults.batch_size.to_string()),
        ("learning_rate", defaults.learning_rate.to_string()),
    ] {
        command = with_default(command, name, value);
    }
    for (name, value) in defaults
        .finally
        .iter()
        .flat_map(|(epochs, batch_size)| [("epochs", epochs), ("batch_size", batch_size)])
    {
        command = command.mut_arg(name, |arg| arg.default_value_if("finally", "true", value.to_string()));
    }
    matched(command)
}

/// Reads the command line of a program with [`CommonArgs`] alone, as [`parse`].
pub fn parse_common<A: Parser>(example: &'static str) -> A {
    matched(command::<A>(example))
}

/// What every program knows of its flags.
fn command<A: Parser>(example: &'static str) -> Command {
    with_default(A::command().name(example), "out", format!("target/kindling/{example}"))
}

fn with_default(command: Command, name: &str, value: String) -> Command {
    command.mut_arg(name, |arg| arg.default_value(value).required(false))
}

fn matched<A: Parser>(command: Command) -> A {
    let matches = command.get_matches();
    if matches.get_one::<String>("backend").is_some_and(|name| name == "list") {
        backend::list().iter().for_each(|line| println!("{line}"));
        std::process::exit(0);
    }
    A::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

impl DataArgs {
    /// Where data may come from, by the flags and the environment.
    pub fn options(&self) -> DataOptions {
        let options = DataOptions::from_env().choice(self.data);
        match &self.data_dir {
            Some(folder) => options.dir(folder),
            None => options,
        }
    }
}

impl CommonArgs {
    /// Where data may come from, by the flags and the environment.
    pub fn data_options(&self) -> DataOptions {
        let options = self.data.options();
        if self.quiet { options.quiet() } else { options }
    }
}

/// Reads a number of things, of which there must be one.
///
/// # Errors
/// For anything but a whole number from 1 on.
pub fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "give a whole number of at least 1".into())
}
