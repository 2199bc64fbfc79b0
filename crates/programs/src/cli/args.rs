//! The flags of the programs.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Command, Parser};
use kindling::{
    backend,
    callbacks::SaveFreq,
    data::{DataChoice, DataError, DataOptions},
    experiments::Devices,
};

use super::{ReplayArgs, output, signals, threads};

/// The flags of every program that reads a data set; flatten them into a program's own.
#[derive(Args, Clone, Debug)]
pub struct DataArgs {
    /// Which data to use: the full data set if it is available, the full data set or an error, or the bundled sample
    #[arg(long, value_name = "auto|full|bundled", default_value = "auto")]
    pub data: DataChoice,
    /// Directory of the data set's files, in Keras' names and formats [env: KINDLING_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// The flags of every program of the book; flatten them into a program's own.
#[derive(Args, Clone, Debug)]
pub struct CommonArgs {
    /// Where data comes from.
    #[command(flatten)]
    pub data: DataArgs,
    /// Where and how the program runs.
    #[command(flatten)]
    pub run: RunArgs,
}

/// The flags of every program that writes results; flatten them into a program's own.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// Compute backend; `list` prints those compiled in, `--features NAME` compiles others in [env: KINDLING_BACKEND]
    #[arg(long, value_name = "NAME[:INDEX]", default_value_t = backend::default_name())]
    pub backend: String,
    /// Seed of all random numbers
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Directory for results, created if it does not exist
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Print only the final result
    #[arg(long)]
    pub quiet: bool,
}

/// The flags of every program that trains one network; flatten them into a program's own.
#[derive(Args, Clone, Debug)]
pub struct TrainingArgs {
    /// The flags of every program.
    #[command(flatten)]
    pub common: CommonArgs,
    /// Number of passes over the training data
    #[arg(long, value_parser = at_least_one)]
    pub epochs: usize,
    /// Samples per step
    #[arg(long, value_parser = at_least_one)]
    pub batch_size: usize,
    /// Learning rate of the optimizer
    #[arg(long, allow_negative_numbers = true)]
    pub learning_rate: f64,
    /// What is kept for the case that the training is interrupted.
    #[command(flatten)]
    pub checkpoints: CheckpointArgs,
    /// What is kept to repeat a part of the training.
    #[command(flatten)]
    pub recording: RecordingArgs,
}

/// The flags of every program whose training can be resumed; flatten them into a program's own.
#[derive(Args, Clone, Debug)]
pub struct CheckpointArgs {
    /// Save the state of the training after every N epochs, or every N steps (Ns); Ctrl-C saves it in any case
    #[arg(long, value_name = "N|Ns", value_parser = save_freq)]
    pub checkpoint_every: Option<SaveFreq>,
    /// Continue from the last state that an earlier run with the same --out has saved
    #[arg(long)]
    pub resume: bool,
}

/// The flags of every program that trains one network, for recordings.
#[derive(Args, Clone, Debug, Default)]
pub struct RecordingArgs {
    /// Record the training, so that `verify` and `replay` can repeat it
    #[arg(long)]
    pub record: bool,
    /// What the program `replay` asks for.
    #[command(flatten)]
    pub replay: ReplayArgs,
    /// Directory of the run that `verify` or `replay` repeats
    #[arg(long, value_name = "RUN", hide = true)]
    pub recorded_run: Option<PathBuf>,
    /// Repeat the last of so many epochs of that run, and compare
    #[arg(long, value_name = "N", hide = true, value_parser = at_least_one)]
    pub verify_epochs: Option<usize>,
}

/// Parses how often to save: `5` epochs, or `500s`, steps.
fn save_freq(text: &str) -> Result<SaveFreq, String> {
    let frequency = match text.strip_suffix('s') {
        Some(steps) => at_least_one(steps).map(SaveFreq::Steps),
        None => at_least_one(text).map(SaveFreq::Epochs),
    };
    frequency.map_err(|_| "give a number of epochs (5) or of steps (500s)".into())
}

/// The flags of every program that runs several trainings; flatten them into a program's own.
#[derive(Args, Clone, Debug)]
pub struct DevicesArgs {
    /// Trainings to run at the same time on each device
    #[arg(long, default_value_t = 2, value_parser = at_least_one)]
    pub jobs: usize,
    /// Devices to spread the trainings over, instead of --backend: flex,wgpu:0,remote:HOST:PORT
    #[arg(long, value_name = "NAME[:INDEX],..", value_delimiter = ',')]
    pub devices: Vec<String>,
}

impl DevicesArgs {
    /// Returns the devices of the flags, or else that of `--backend`.
    ///
    /// # Errors
    /// As [`device`](super::device).
    pub fn open(&self, backend: &str) -> anyhow::Result<Devices> {
        let named = if self.devices.is_empty() { &[backend.to_owned()] } else { self.devices.as_slice() };
        let open = |name: &String| Ok((name.clone(), super::device(name)?));
        Ok(Devices::new(named.iter().map(open).collect::<anyhow::Result<Vec<_>>>()?).jobs(self.jobs))
    }
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
    /// Defaults of `--epochs` and `--batch-size` when the program's own flag `--final` (its field `finally`) is given.
    pub finally: Option<(usize, usize)>,
}

/// Reads the command line of a program with [`TrainingArgs`]. Exits with a message if it is not usable, and after
/// `--backend list`.
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

/// As [`parse`], for a program with [`CommonArgs`] or [`RunArgs`] alone.
pub fn parse_common<A: Parser>(example: &'static str) -> A {
    matched(command::<A>(example))
}

/// As [`parse`], for a program with none of these but `--backend`.
pub fn parse_alone<A: Parser>() -> A {
    matched(A::command())
}

/// The command of a program that writes to `--out`.
fn command<A: Parser>(example: &'static str) -> Command {
    with_default(A::command().name(example), "out", format!("target/kindling/{example}"))
}

fn with_default(command: Command, name: &str, value: String) -> Command {
    command.mut_arg(name, |arg| arg.default_value(value).required(false))
}

fn matched<A: Parser>(command: Command) -> A {
    let matches = command.get_matches();
    crate::memory::return_freed_soon();
    if let Err(error) = threads::start() {
        output::print_error(format_args!("Error: {error:#}"));
        std::process::exit(1);
    }
    if let Err(error) = signals::handle() {
        output::print_error(format_args!("note: Ctrl-C will save no checkpoint: {error}"));
    }
    if matches.get_one::<String>("backend").is_some_and(|name| name == "list") {
        backend::list().iter().for_each(output::print);
        std::process::exit(0);
    }
    A::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

impl DataArgs {
    /// Calls a loader with what the flags and the environment say.
    ///
    /// # Errors
    /// The loader's, with the flags that help.
    pub fn load<T>(&self, load: impl FnOnce(&DataOptions) -> Result<T, DataError>) -> anyhow::Result<T> {
        self.load_with(false, load)
    }

    /// As [`load`](Self::load); without warnings and progress if `quiet`.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_with<T>(
        &self,
        quiet: bool,
        load: impl FnOnce(&DataOptions) -> Result<T, DataError>,
    ) -> anyhow::Result<T> {
        let options = self.options();
        hinted(load(&if quiet { options.quiet() } else { options }))
    }

    /// Returns where data come from, by the flags and the environment.
    pub(super) fn options(&self) -> DataOptions {
        let options = DataOptions::from_env().choice(self.data);
        match &self.data_dir {
            Some(dir) => options.dir(dir),
            None => options,
        }
    }
}

impl CommonArgs {
    /// As [`DataArgs::load_with`] whether the program is quiet.
    ///
    /// # Errors
    /// As [`DataArgs::load`].
    pub fn load<T>(&self, load: impl FnOnce(&DataOptions) -> Result<T, DataError>) -> anyhow::Result<T> {
        self.data.load_with(self.run.quiet, load)
    }
}

/// Adds the flags that help where a data set was not found.
fn hinted<T>(loaded: Result<T, DataError>) -> anyhow::Result<T> {
    let missing = matches!(loaded, Err(DataError::NotFound { .. } | DataError::Download { .. }));
    let loaded = loaded.map_err(anyhow::Error::from);
    if !missing {
        return loaded;
    }
    loaded.context(
        "cannot load the data set: give the directory of its files with --data-dir, or use the sample with --data bundled",
    )
}

/// Parses a number that must be at least 1.
///
/// # Errors
/// For anything but an integer of at least 1.
pub fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "give an integer of at least 1".into())
}
