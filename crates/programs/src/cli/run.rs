//! One run of a program: its directory, its clock, and the files that it writes.

use std::{
    fmt::Display,
    io::Write,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Instant,
};

use anyhow::Context;
use kindling::{
    callbacks::{BackupAndRestore, ReceiptLogger, Recorder, SaveFreq},
    data::{
        Source,
        files::{with_remedy, write_whole},
    },
    prelude::{Callback, Device, FitOptions, History, Logs, Model, Network, Samples},
    train::{Receipt, Recording},
};
use serde::Serialize;

use super::{
    CheckpointArgs, RunArgs, TrainingArgs,
    command::RunCommand,
    json, output,
    receipt::{RECEIPT, RECORDING, RunReceipt},
    replay::{Labels, Replay},
    results::Results,
    signals,
    states::{SINGLE, States},
    verify::Repetition,
};
use crate::memory::peak_mb;

/// The page of a recorded run.
const PAGE: &str = "replay.html";

/// A run of a program.
#[derive(Debug)]
pub struct Run {
    example: &'static str,
    args: RunArgs,
    results: Results,
    states: OnceLock<States>,
    receipt: OnceLock<Receipt>,
    device: Device,
    started: Instant,
    load_seconds: f64,
    /// The caption of the data that was loaded.
    caption: String,
    /// The names of the first input's features, if the program knows them.
    feature_names: Vec<String>,
    /// The figures that the program adds to `result.json`.
    further: serde_json::Map<String, serde_json::Value>,
}

/// The data that a run is trained and tested on.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Data<'a> {
    /// The data set's name.
    pub dataset: &'a str,
    /// Where the data came from.
    #[serde(rename = "data_source")]
    pub source: Source,
    /// Number of training samples.
    pub train_samples: usize,
    /// Number of test samples.
    pub test_samples: usize,
}

/// The fields that `result.json` has for every run.
#[derive(Serialize)]
struct Record<'a, T> {
    example: &'a str,
    backend: &'a str,
    seed: u64,
    #[serde(flatten)]
    training: T,
    #[serde(flatten)]
    further: &'a serde_json::Map<String, serde_json::Value>,
    total_seconds: f64,
    peak_rss_mb: Option<f64>,
}

/// The fields that it has for a training.
#[derive(Serialize)]
struct Training<'a> {
    #[serde(flatten)]
    data: Data<'a>,
    epochs: usize,
    batch_size: usize,
    learning_rate: f64,
    #[serde(flatten)]
    test: serde_json::Map<String, serde_json::Value>,
    load_seconds: f64,
    fit_seconds: f64,
    epoch_seconds: &'a [f64],
}

impl Run {
    /// Connects to the device and creates the directory for results, so that neither is missing after training.
    ///
    /// # Errors
    /// When the backend is not usable, or the directory is not writable.
    pub fn start(example: &'static str, args: &RunArgs) -> anyhow::Result<Self> {
        let device = super::device(&args.backend)?;
        let results = Results::begin(&args.out).map_err(with_remedy).with_context(|| {
            format!("cannot write to {}: choose another directory with --out", args.out.display())
        })?;
        Ok(Self {
            example,
            args: args.clone(),
            results,
            states: OnceLock::new(),
            receipt: OnceLock::new(),
            device,
            started: Instant::now(),
            load_seconds: 0.0,
            caption: String::new(),
            feature_names: Vec::new(),
            further: Default::default(),
        })
    }

    /// The device to compute on.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The directory for results.
    pub fn out(&self) -> &Path {
        self.results.directory()
    }

    /// Where to write results: they are moved to [`out`](Self::out) when the run is complete, and replace those of an earlier
    /// run then.
    pub fn files(&self) -> &Path {
        self.results.unfinished()
    }

    /// Trains a model, and saves it with its history at once, so that neither is lost if the run fails later. The training can
    /// be interrupted and resumed.
    ///
    /// # Errors
    /// As [`Model::fit`], and when a file cannot be written.
    pub fn fit<N: Network>(
        &self,
        args: &TrainingArgs,
        model: &mut Model<N>,
        samples: &Samples,
        options: &FitOptions,
    ) -> anyhow::Result<History> {
        let recorded = args.recording.recorded_run.as_deref().unwrap_or(self.out());
        if let Some(epochs) = args.recording.verify_epochs {
            let repeated = Repetition { run: recorded, model, samples, options }.run(epochs, self.out());
            let _ = std::fs::remove_dir(self.files());
            repeated?;
            std::process::exit(0);
        }
        let replay = &args.recording.replay;
        if replay.is_given() {
            let recording = Recording::open(recorded.join(RECORDING))?;
            let mut replayed = Replay { recording, model, samples, options };
            let shown = match replay.replay_page {
                true => replayed.page(&recorded.join(PAGE), self.labels()),
                false => replayed.run(replay),
            };
            // Nothing else is run, and nothing written.
            let _ = std::fs::remove_dir(self.files());
            shown.and_then(|()| output::check_printed())?;
            std::process::exit(0);
        }
        let mut backup =
            self.states(&args.checkpoints).backup(&args.checkpoints, SINGLE, SaveFreq::Interrupted);
        let mut recorder = Recorder::new(self.recording());
        let mut logger = ReceiptLogger::new();
        let mut callbacks: Vec<&mut dyn Callback> = vec![&mut backup, &mut logger];
        if args.recording.record {
            std::fs::create_dir_all(self.recording())
                .with_context(|| format!("cannot write to {}", self.recording().display()))?;
            self.states(&args.checkpoints).tidy(&self.recording());
            json::write(
                &self.recording().join(RunCommand::FILE),
                &RunCommand::of(self.example, &args.common),
            )?;
            // That of an earlier run would not be of this recording.
            let _ = std::fs::remove_file(self.out().join(PAGE));
            callbacks.push(&mut recorder);
        }
        let history = signals::resumable(|| model.fit_with(samples, options, &mut callbacks))?;
        self.save(model, &history)?;
        if let Some(receipt) = logger.into_receipt() {
            let _ = self.receipt.set(receipt);
        }
        Ok(history)
    }

    /// Returns the callback that lets one of several trainings be interrupted and resumed. Those that were finished are not run
    /// again. It is the last one of the training's callbacks.
    pub fn backup(&self, args: &CheckpointArgs, training: &str) -> BackupAndRestore {
        let name = training.replace(|character: char| !character.is_alphanumeric(), "-");
        self.states(args).backup(args, &name, SaveFreq::Finished)
    }

    /// Returns the files of a search: the one to open, and the one to write to, which belongs to the states. With --resume, the
    /// search of a complete run is opened, too, so that it can be given more trials.
    pub fn search_files(&self, args: &CheckpointArgs, name: &str) -> (PathBuf, PathBuf) {
        let states = self.states(args);
        let own = states.file(name).unwrap_or_else(|| self.files().join(name));
        let complete = self.out().join(name);
        match args.resume && !own.exists() && complete.exists() {
            true => (complete, own),
            false => (own.clone(), own),
        }
    }

    /// Adds the file of a search, which is done, to the results.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub fn keep_search(&self, path: &Path) -> anyhow::Result<()> {
        let kept = self.files().join(path.file_name().unwrap_or_default());
        if kept != path {
            let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            write_whole(&kept, |file| file.write_all(&text))
                .with_context(|| format!("cannot write {}", kept.display()))?;
        }
        Ok(())
    }

    /// The states of the run's trainings, which are looked for when the first one begins.
    fn states(&self, args: &CheckpointArgs) -> &States {
        self.states.get_or_init(|| States::begin(self.out(), args, self.args.quiet))
    }

    fn recording(&self) -> PathBuf {
        self.out().join(RECORDING)
    }

    /// Runs several trainings, each with its [`backup`](Self::backup), that can be interrupted and resumed.
    ///
    /// # Errors
    /// Those of `train`.
    pub fn trainings<T, E: Into<anyhow::Error>>(
        &self,
        train: impl FnOnce() -> Result<T, E>,
    ) -> anyhow::Result<T> {
        let trained = signals::resumable(train);
        signals::end_program();
        trained
    }

    fn save<N: Network>(&self, model: &Model<N>, history: &History) -> anyhow::Result<()> {
        history.save_json(self.files().join("history.json"))?;
        history.save_csv(self.files().join("history.csv"))?;
        model.weights()?.save(self.files().join("model.safetensors"))?;
        match model.network().sequential() {
            Some(_) => model.save(self.files().join("model.keras"))?,
            None => output::print_error(
                "The network is not a Sequential, so it has no .keras form: model.safetensors has its weights.",
            ),
        }
        Ok(())
    }

    /// Prints a line on standard output, unless the run is quiet.
    pub fn say(&self, line: impl Display) {
        if !self.args.quiet {
            output::print(line);
        }
    }

    /// Prints what a user should know about the data on standard error, unless the run is quiet.
    pub fn note(&self, note: impl Display) {
        if !self.args.quiet {
            output::print_error(format_args!("note: {note}"));
        }
    }

    /// Reports which data was loaded, and stops the clock of loading.
    pub fn loaded(&mut self, data: Data) {
        self.load_seconds = self.started.elapsed().as_secs_f64();
        self.caption = self.caption(&data);
        let Data { dataset, source, train_samples, test_samples } = data;
        self.say(format_args!(
            "Data: {dataset} from {source}, {train_samples} training and {test_samples} test samples"
        ));
        self.say(format_args!("Backend: {}, seed {}", self.args.backend, self.args.seed));
    }

    /// The caption of a plot: data, backend and seed.
    pub fn caption(&self, data: &Data) -> String {
        let data = match data.source {
            Source::Synthetic => format!("synthetic data, NOT {}", data.dataset),
            source => format!("{}, {source}", data.dataset),
        };
        format!("{data}; {}, seed {}", self.args.backend, self.args.seed)
    }

    /// Names the features of the first input, in their order, for the page of a recorded run.
    pub fn name_features(&mut self, names: impl IntoIterator<Item = impl Into<String>>) {
        self.feature_names = names.into_iter().map(Into::into).collect();
    }

    fn labels(&self) -> Labels<'_> {
        Labels { example: self.example, caption: &self.caption, feature_names: &self.feature_names }
    }

    /// Adds a figure to `result.json`.
    pub fn record(&mut self, name: &str, figure: impl Into<serde_json::Value>) {
        self.further.insert(name.into(), figure.into());
    }

    /// Ends a run that has trained a model: writes the history, the model and `result.json`, and prints the test result.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish<N: Network>(
        &self,
        args: &TrainingArgs,
        data: Data,
        model: &Model<N>,
        history: &History,
        test: &Logs,
    ) -> anyhow::Result<()> {
        if !self.files().join("model.safetensors").exists() {
            self.save(model, history)?;
        }
        self.write_result(Training {
            data,
            epochs: args.epochs,
            batch_size: args.batch_size,
            learning_rate: args.learning_rate,
            test: test.iter().map(|(name, value)| (format!("test_{name}"), value.into())).collect(),
            load_seconds: self.load_seconds,
            fit_seconds: history.epoch_seconds().iter().sum(),
            epoch_seconds: history.epoch_seconds(),
        })?;
        if let Some(receipt) = self.receipt.get() {
            let receipt =
                RunReceipt::of(RunCommand::of(self.example, &args.common), receipt.clone(), self.files())?;
            json::write(&self.files().join(RECEIPT), &receipt)?;
        }
        self.complete()?;
        if !args.recording.record {
            self.forget_recording();
        }
        self.say(format_args!("Wrote {}", self.out().display()));
        output::print(format_args!(
            "Test {test} ({} {} test samples from {})",
            data.test_samples, data.dataset, data.source
        ));
        Ok(())
    }

    /// Deletes the recording of an earlier run, whose results are gone. If that fails, `verify` finds that it is of another run.
    fn forget_recording(&self) {
        let frames = BackupAndRestore::checkpoints(self.recording()).unwrap_or_default();
        let command = self.recording().join(RunCommand::FILE);
        for path in frames.into_iter().chain([command, self.out().join(PAGE)]) {
            let _ = std::fs::remove_file(path);
        }
        let _ = std::fs::remove_dir(self.recording());
    }

    /// Ends a run that leaves no model: writes `result.json`, and prints the result.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn conclude(&self, result: impl Display) -> anyhow::Result<()> {
        self.write_result(serde_json::Map::new())?;
        self.complete()?;
        self.say(format_args!("Wrote {}", self.out().display()));
        output::print(result);
        Ok(())
    }

    fn write_result(&self, training: impl Serialize) -> anyhow::Result<()> {
        let result = Record {
            example: self.example,
            backend: &self.args.backend,
            seed: self.args.seed,
            training,
            further: &self.further,
            total_seconds: self.started.elapsed().as_secs_f64(),
            peak_rss_mb: peak_mb(),
        };
        json::write(&self.files().join("result.json"), &result)
    }

    fn complete(&self) -> anyhow::Result<()> {
        self.results
            .complete()
            .map_err(with_remedy)
            .with_context(|| format!("cannot write to {}", self.out().display()))?;
        if let Some(states) = self.states.get() {
            states.complete();
        }
        Ok(())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if let Some(states) = self.states.get() {
            states.end();
        }
        if self.results.keep() {
            let files = self.files().display();
            output::print_error(format_args!("The run is not complete; its model is in {files}"));
        }
    }
}
