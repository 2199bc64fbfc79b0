//! Command-line flags of the programs.

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

/// Flags of programs that read a data set. Flatten them into a program's own.
#[derive(Args, Clone, Debug)]
pub struct DataArgs {
    /// Data to use: the full data set if available (auto), the full data set or an error (full), or the bundled copy (bundled)
    #[arg(long, value_name = "auto|full|bundled", default_value = "auto")]
    pub data: DataChoice,
    /// Directory with the data set's files, in Keras' names and formats [env: KINDLING_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// Flags of every program of the book. Flatten them into a program's own.
#[derive(Args, Clone, Debug)]
pub struct CommonArgs {
    /// The source of the data.
    #[command(flatten)]
    pub data: DataArgs,
    /// The backend, the seed and the output.
    #[command(flatten)]
    pub run: RunArgs,
}

/// Flags of programs that write results. Flatten them into a program's own.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// Compute backend; `list` prints the available ones, and cargo's `--features NAME` compiles in others [env: KINDLING_BACKEND]
    #[arg(long, value_name = "NAME[:INDEX]", default_value_t = backend::default_name())]
    pub backend: String,
    /// Seed of all random numbers
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Directory for results (created if missing)
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Print only the final result
    #[arg(long)]
    pub quiet: bool,
}

/// Flags of programs that train one network. Flatten them into a program's own.
#[derive(Args, Clone, Debug)]
pub struct TrainingArgs {
    /// The flags of every program of the book.
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
    /// When to save checkpoints, and whether to resume.
    #[command(flatten)]
    pub checkpoints: CheckpointArgs,
    /// Whether to record the training.
    #[command(flatten)]
    pub recording: RecordingArgs,
}

/// Flags of programs whose training can be resumed. Flatten them into a program's own.
#[derive(Args, Clone, Debug)]
pub struct CheckpointArgs {
    /// Save a checkpoint every N epochs, or every N steps (Ns); Ctrl-C always saves one
    #[arg(long, value_name = "N|Ns", value_parser = save_freq)]
    pub checkpoint_every: Option<SaveFreq>,
    /// Continue from the last checkpoint of an earlier run with the same --out
    #[arg(long)]
    pub resume: bool,
}

/// Flags for recordings, of programs that train one network.
#[derive(Args, Clone, Debug, Default)]
pub struct RecordingArgs {
    /// Record the training for `verify` and `replay`
    #[arg(long)]
    pub record: bool,
    /// The request of the program `replay`.
    #[command(flatten)]
    pub replay: ReplayArgs,
    /// Run directory that `verify` or `replay` repeats
    #[arg(long, value_name = "RUN", hide = true)]
    pub recorded_run: Option<PathBuf>,
    /// Train that run again up to epoch N, from the last key frame before it, and compare
    #[arg(long, value_name = "N", hide = true, value_parser = at_least_one)]
    pub verify_epochs: Option<usize>,
}

/// Parses a save frequency: `5` (epochs) or `500s` (steps).
fn save_freq(text: &str) -> Result<SaveFreq, String> {
    let frequency = match text.strip_suffix('s') {
        Some(steps) => at_least_one(steps).map(SaveFreq::Steps),
        None => at_least_one(text).map(SaveFreq::Epochs),
    };
    frequency.map_err(|_| "give a number of epochs (such as 5) or of steps (such as 500s)".into())
}

/// Flags of programs that run several trainings. Flatten them into a program's own.
#[derive(Args, Clone, Debug)]
pub struct DevicesArgs {
    /// Number of trainings to run concurrently on each device
    #[arg(long, default_value_t = 2, value_parser = at_least_one)]
    pub jobs: usize,
    /// Devices to distribute the trainings over, instead of --backend: flex,wgpu:0,remote:HOST:PORT
    #[arg(long, value_name = "NAME[:INDEX],..", value_delimiter = ',')]
    pub devices: Vec<String>,
}

impl DevicesArgs {
    /// Returns the devices of `--devices`, or the device of `--backend` if there are none.
    ///
    /// # Errors
    /// Returns the errors of [`device`](super::device).
    pub fn open(&self, backend: &str) -> anyhow::Result<Devices> {
        let named = if self.devices.is_empty() { &[backend.to_owned()] } else { self.devices.as_slice() };
        let open = |name: &String| Ok((name.clone(), super::device(name)?));
        Ok(Devices::new(named.iter().map(open).collect::<anyhow::Result<Vec<_>>>()?).jobs(self.jobs))
    }
}

/// Parses the command line of a program with [`CommonArgs`] or [`RunArgs`]. Exits with a message if it is invalid, and after
/// `--backend list`.
pub fn parse_common<A: Parser>(example: &'static str) -> A {
    matched(command::<A>(example))
}

/// Parses the command line of a program without `--out`, like [`parse_common`]. `--backend` is optional as well.
pub fn parse_alone<A: Parser>() -> A {
    matched(A::command())
}

/// Returns the command of a program that writes to `--out`.
fn command<A: Parser>(example: &'static str) -> Command {
    with_out(A::command(), example)
}

/// Sets the program's name and the default of `--out`.
pub(crate) fn with_out(command: Command, example: &'static str) -> Command {
    with_default(command.name(example), "out", format!("target/kindling/{example}"))
}

pub(crate) fn with_default(command: Command, name: &str, value: String) -> Command {
    command.mut_arg(name, |arg| arg.default_value(value).required(false))
}

fn matched<A: Parser>(command: Command) -> A {
    A::from_arg_matches(&matches(command)).unwrap_or_else(|error| error.exit())
}

/// Parses the command line and sets up the allocator, the threads and the signal handlers.
pub(crate) fn matches(command: Command) -> ArgMatches {
    let matches = command.get_matches();
    crate::memory::return_freed_soon();
    if let Err(error) = threads::start() {
        output::print_error(format_args!("Error: {error:#}"));
        std::process::exit(1);
    }
    if let Err(error) = signals::handle() {
        output::print_error(format_args!("note: Ctrl-C will not save a checkpoint: {error}"));
    }
    // Some programs have no such flag.
    let backend = matches.try_get_one::<String>("backend").ok().flatten();
    if backend.is_some_and(|name| name == "list") {
        backend::list().iter().for_each(output::print);
        std::process::exit(0);
    }
    matches
}

impl DataArgs {
    /// Calls a loader with the data options from the flags and the environment.
    ///
    /// # Errors
    /// Returns the loader's errors, with the flags to use if the data set is missing.
    pub fn load<T>(&self, load: impl FnOnce(&DataOptions) -> Result<T, DataError>) -> anyhow::Result<T> {
        self.load_with(false, load)
    }

    /// Calls a loader like [`load`](Self::load), without warnings and progress if `quiet`.
    ///
    /// # Errors
    /// Returns the errors of [`load`](Self::load).
    pub fn load_with<T>(
        &self,
        quiet: bool,
        load: impl FnOnce(&DataOptions) -> Result<T, DataError>,
    ) -> anyhow::Result<T> {
        let options = self.options();
        hinted(load(&if quiet { options.quiet() } else { options }))
    }

    /// Returns the data options from the flags and the environment.
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
    /// Calls a loader like [`DataArgs::load`], without warnings and progress if `--quiet` is given.
    ///
    /// # Errors
    /// Returns the errors of [`DataArgs::load`].
    pub fn load<T>(&self, load: impl FnOnce(&DataOptions) -> Result<T, DataError>) -> anyhow::Result<T> {
        self.data.load_with(self.run.quiet, load)
    }
}

/// Adds the flags to use to the error for a missing data set.
fn hinted<T>(loaded: Result<T, DataError>) -> anyhow::Result<T> {
    let missing = matches!(loaded, Err(DataError::NotFound { .. } | DataError::Download { .. }));
    let loaded = loaded.map_err(anyhow::Error::from);
    if !missing {
        return loaded;
    }
    loaded.context(
        "cannot load the data set: give the directory with its files (--data-dir DIR), or use the bundled data (--data bundled; for IMDB, synthetic reviews)",
    )
}

/// Parses an integer of at least 1.
///
/// # Errors
/// Returns an error for any other text.
pub fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "give an integer of at least 1".into())
}
