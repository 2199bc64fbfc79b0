//! A run of a program: its directory, its timing, and the files it writes.

mod finish;
mod results;
mod states;
mod training;

use std::{fmt::Display, path::Path, sync::OnceLock, time::Instant};

use anyhow::Context;
use kindling::{
    data::{DataError, DataOptions, Loaded, Source, Texts, files::with_remedy},
    prelude::{Device, FitOptions, Samples},
    train::Receipt,
};
use serde::Serialize;

use self::{results::Results, states::States};
use super::{CommonArgs, RunArgs, TrainingArgs, output, wrapped::wrapped};

/// Name of the HTML page of a recorded run.
const PAGE: &str = "replay.html";

/// A run of a program with the flags `A`: [`TrainingArgs`] for programs that train one network, [`CommonArgs`] or [`RunArgs`] for
/// others.
#[derive(Debug)]
pub struct Run<A = RunArgs> {
    /// The flags.
    pub args: A,
    example: &'static str,
    run: RunArgs,
    results: Results,
    states: OnceLock<States>,
    receipt: OnceLock<Receipt>,
    device: Device,
    started: Instant,
    load_seconds: f64,
    /// The loaded data sets, in the order of loading.
    loaded: Vec<Data>,
    /// Number of samples passed to [`fit`](Self::fit).
    train_samples: OnceLock<usize>,
    /// Feature names of the first input; empty if unknown.
    feature_names: Vec<String>,
    /// Additional fields of `result.json`.
    further: serde_json::Map<String, serde_json::Value>,
    takeaway: Option<String>,
}

/// A loaded data set.
#[derive(Clone, Copy, Debug, Serialize)]
struct Data {
    dataset: &'static str,
    #[serde(rename = "data_source")]
    source: Source,
    train_samples: usize,
    test_samples: usize,
}

impl Data {
    /// Returns whether synthetic data replaces the data set.
    fn is_synthetic(&self) -> bool {
        self.source == Source::Synthetic
    }
}

impl<A: AsRef<RunArgs>> Run<A> {
    /// Opens the device and creates the results directory, so that errors of either appear before training.
    ///
    /// # Errors
    /// Returns an error if the backend is not usable or the directory is not writable.
    pub fn start(example: &'static str, args: A) -> anyhow::Result<Self> {
        let run = args.as_ref().clone();
        let device = super::device(&run.backend)?;
        let results = Results::begin(&run.out).map_err(with_remedy).with_context(|| {
            format!("cannot write to {}: choose another directory with --out", run.out.display())
        })?;
        Ok(Self {
            args,
            example,
            run,
            results,
            states: OnceLock::new(),
            receipt: OnceLock::new(),
            device,
            started: Instant::now(),
            load_seconds: 0.0,
            loaded: Vec::new(),
            train_samples: OnceLock::new(),
            feature_names: Vec::new(),
            further: Default::default(),
            takeaway: None,
        })
    }
}

impl<A: AsRef<CommonArgs>> Run<A> {
    /// Loads a data set from the source that the flags select, and prints the source.
    ///
    /// # Errors
    /// Returns the loader's errors, with the flags to use if the data set is missing.
    pub fn load<T: Counted>(
        &mut self,
        dataset: &'static str,
        load: impl FnOnce(&DataOptions) -> Result<Loaded<T>, DataError>,
    ) -> anyhow::Result<Loaded<T>> {
        let loaded = self.args.as_ref().load(load)?;
        let (train_samples, test_samples) = (loaded.train.count(), loaded.test.count());
        let data = Data { dataset, source: loaded.source, train_samples, test_samples };
        self.say(format_args!(
            "Data: {}, {train_samples} training and {test_samples} test samples",
            described(dataset, loaded.source)
        ));
        if self.loaded.is_empty() {
            self.say(format_args!("Backend: {}, seed {}", self.run.backend, self.run.seed));
        }
        self.load_seconds = self.started.elapsed().as_secs_f64();
        self.loaded.push(data);
        Ok(loaded)
    }
}

/// Returns the name of a data set with its source, or a text that names synthetic data as such.
pub fn described(dataset: &str, source: Source) -> String {
    match source {
        Source::Synthetic => format!("synthetic data, NOT {dataset}"),
        source => format!("{dataset} from {source}"),
    }
}

/// A part of a data set that has a number of samples.
pub trait Counted {
    /// Returns the number of samples.
    fn count(&self) -> usize;
}

impl Counted for Samples {
    fn count(&self) -> usize {
        self.len()
    }
}

impl Counted for Texts {
    fn count(&self) -> usize {
        self.sequences.len()
    }
}

impl<A> Run<A> {
    /// Returns the compute device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Returns the results directory.
    pub fn out(&self) -> &Path {
        self.results.directory()
    }

    /// Returns the directory to write results to. When the run is complete, its files are moved to [`out`](Self::out), where they
    /// replace those of an earlier run.
    pub fn files(&self) -> &Path {
        self.results.unfinished()
    }

    /// Prints a line on standard output, unless the run is quiet.
    pub fn say(&self, line: impl Display) {
        if !self.run.quiet {
            output::print(line);
        }
    }

    /// Prints a note on standard error, unless the run is quiet.
    pub fn note(&self, note: impl Display) {
        if !self.run.quiet {
            output::print_error(format_args!("note: {note}"));
        }
    }

    /// Returns the seed of all random numbers.
    pub fn seed(&self) -> u64 {
        self.run.seed
    }

    /// Returns the caption of a plot: the most recently loaded data set, the backend and the seed.
    pub fn caption(&self) -> String {
        let settings = self.settings();
        match self.loaded.last() {
            Some(data) if data.is_synthetic() => {
                format!("{}; {settings}", described(data.dataset, data.source))
            }
            Some(Data { dataset, source, .. }) => format!("{dataset}, {source}; {settings}"),
            None => settings,
        }
    }

    /// Returns the caption of a plot that shows no data set: the backend and the seed.
    pub fn settings(&self) -> String {
        format!("{}, seed {}", self.run.backend, self.run.seed)
    }

    /// Sets the takeaway: the result, its explanation, and one thing to try. It is printed before the last line, unless the run is
    /// quiet.
    pub fn takeaway(&mut self, text: impl Display) {
        self.takeaway = Some(text.to_string());
    }

    /// Adds a field to `result.json`.
    pub fn record(&mut self, name: &str, figure: impl Into<serde_json::Value>) {
        self.further.insert(name.into(), figure.into());
    }
}

impl Run<TrainingArgs> {
    /// Sets the feature names of the first input, in order, for the page of a recorded run. `names` is called only if that page is
    /// written.
    pub fn name_features<I: IntoIterator<Item: Into<String>>>(&mut self, names: impl FnOnce() -> I) {
        if self.args.recording.replay.replay_page {
            self.feature_names = names().into_iter().map(Into::into).collect();
        }
    }

    /// Returns the training options from the flags.
    pub fn fit_options(&self) -> FitOptions {
        FitOptions::new().epochs(self.args.epochs).batch_size(self.args.batch_size).verbose(!self.run.quiet)
    }
}

impl<A> Drop for Run<A> {
    fn drop(&mut self) {
        if let Some(states) = self.states.get() {
            states.end();
        }
        if self.results.keep() {
            let files = self.files().display();
            output::print_error(format_args!("The run failed after training; its model is in {files}"));
        }
    }
}
