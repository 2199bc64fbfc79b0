//! One run of a program: its directory, its clock, and the files that it writes.

mod finish;
mod training;

use std::{fmt::Display, path::Path, sync::OnceLock, time::Instant};

use anyhow::Context;
use kindling::{
    data::{Source, files::with_remedy},
    prelude::Device,
    train::Receipt,
};
use serde::Serialize;

use super::{RunArgs, TrainingArgs, output, replay::Labels, results::Results, states::States};

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

    /// Names the features of the first input, in their order, for the page of a recorded run. `names` is called only if the page
    /// is asked for.
    pub fn name_features<I: IntoIterator<Item: Into<String>>>(
        &mut self,
        args: &TrainingArgs,
        names: impl FnOnce() -> I,
    ) {
        if args.recording.replay.replay_page {
            self.feature_names = names().into_iter().map(Into::into).collect();
        }
    }

    fn labels(&self) -> Labels<'_> {
        Labels { example: self.example, caption: &self.caption, feature_names: &self.feature_names }
    }

    /// Adds a figure to `result.json`.
    pub fn record(&mut self, name: &str, figure: impl Into<serde_json::Value>) {
        self.further.insert(name.into(), figure.into());
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
