//! The flags of the programs.

use std::path::PathBuf;

use anyhow::Context;
use clap::{ArgMatches, Args, Command, Parser};
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

/// Parses the command line of a program with [`CommonArgs`] or [`RunArgs`]. Exits with a message if it is not usable, and after
/// `--backend list`.
pub fn parse_common<A: Parser>(example: &'static str) -> A {
    matched(command::<A>(example))
}

/// As [`parse_common`], for a program that does not write to `--out`.
pub fn parse_alone<A: Parser>() -> A {
    matched(A::command())
}

/// The command of a program that writes to `--out`.
fn command<A: Parser>(example: &'static str) -> Command {
    with_out(A::command(), example)
}

/// Names the program, and gives `--out` its default.
pub(crate) fn with_out(command: Command, example: &'static str) -> Command {
    with_default(command.name(example), "out", format!("target/kindling/{example}"))
}

pub(crate) fn with_default(command: Command, name: &str, value: String) -> Command {
    command.mut_arg(name, |arg| arg.default_value(value).required(false))
}

fn matched<A: Parser>(command: Command) -> A {
    A::from_arg_matches(&matches(command)).unwrap_or_else(|error| error.exit())
}

/// Parses the command line and prepares the process: allocator, threads, signals.
pub(crate) fn matches(command: Command) -> ArgMatches {
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
    matches
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

impl AsRef<RunArgs> for RunArgs {
    fn as_ref(&self) -> &RunArgs {
        self
    }
}

impl AsRef<RunArgs> for CommonArgs {
    fn as_ref(&self) -> &RunArgs {
        &self.run
    }
}

impl AsRef<CommonArgs> for CommonArgs {
    fn as_ref(&self) -> &CommonArgs {
        self
    }
}

impl AsRef<RunArgs> for TrainingArgs {
    fn as_ref(&self) -> &RunArgs {
        &self.common.run
    }
}

impl AsRef<CommonArgs> for TrainingArgs {
    fn as_ref(&self) -> &CommonArgs {
        &self.common
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
