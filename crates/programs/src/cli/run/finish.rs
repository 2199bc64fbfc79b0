//! The end of a run, and its `result.json`.

use std::fmt::Display;

use anyhow::Context;
use kindling::{
    callbacks::BackupAndRestore,
    data::{Source, files::with_remedy},
    prelude::{History, Logs, Model, Network},
};
use serde::Serialize;

use super::{Data, PAGE, Run, described, wrapped};
use crate::{
    cli::{RECEIPT, RunCommand, RunReceipt, TrainingArgs, json, output},
    index,
    memory::peak_mb,
};

/// The fields of `result.json` that every run has.
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

/// The additional fields of a training.
#[derive(Serialize)]
struct Training<'a> {
    #[serde(flatten)]
    data: Data,
    epochs: usize,
    batch_size: usize,
    learning_rate: f64,
    #[serde(flatten)]
    test: serde_json::Map<String, serde_json::Value>,
    load_seconds: f64,
    fit_seconds: f64,
    epoch_seconds: &'a [f64],
}

/// The data set of a run that has no model to save.
#[derive(Serialize)]
struct Named {
    dataset: &'static str,
    #[serde(rename = "data_source")]
    source: Source,
}

impl Run<TrainingArgs> {
    /// Completes a run that trained a model: writes the history, the model and `result.json`, and prints the test result.
    ///
    /// # Errors
    /// Returns an error if a file cannot be written, or if no data was loaded with [`Run::load`].
    pub fn finish<N: Network>(&self, model: &Model<N>, history: &History, test: &Logs) -> anyhow::Result<()> {
        let args = &self.args;
        let data =
            *self.loaded.last().context("no data was loaded: load it with Run::load before Run::finish")?;
        let data = Data { train_samples: *self.train_samples.get().unwrap_or(&data.train_samples), ..data };
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
        self.say_last();
        output::print(format_args!("Test {test} ({})", tested_on(&data)));
        Ok(())
    }

    /// Deletes the recording of an earlier run, whose results were replaced. If that fails, `verify` detects the mismatch.
    fn forget_recording(&self) {
        let frames = BackupAndRestore::checkpoints(self.recording()).unwrap_or_default();
        let command = self.recording().join(RunCommand::FILE);
        for path in frames.into_iter().chain([command, self.out().join(PAGE)]) {
            let _ = std::fs::remove_file(path);
        }
        let _ = std::fs::remove_dir(self.recording());
    }
}

/// Returns a description of the test samples.
fn tested_on(data: &Data) -> String {
    let Data { dataset, source, test_samples, .. } = data;
    match data.is_synthetic() {
        true => format!("{test_samples} synthetic test samples, NOT {dataset}"),
        false => format!("{test_samples} {dataset} test samples from {source}"),
    }
}

impl<A> Run<A> {
    /// Completes a run that has no model to save: writes `result.json` and prints the result.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn conclude(&self, result: impl Display) -> anyhow::Result<()> {
        // Of several data sets, only a synthetic one is named: its figures must not pass for real ones.
        let last = self.loaded.last();
        let is_single = |data: &Data| self.loaded.iter().all(|other| other.dataset == data.dataset);
        let named = last.filter(|data| data.is_synthetic() || is_single(data));
        self.write_result(named.map(|data| Named { dataset: data.dataset, source: data.source }))?;
        self.complete()?;
        self.say_last();
        match last.filter(|data| data.is_synthetic()) {
            Some(data) => output::print(format_args!("{result} ({})", described(data.dataset, data.source))),
            None => output::print(result),
        }
        Ok(())
    }

    /// Prints the results directory and the takeaway.
    fn say_last(&self) {
        self.say(format_args!("Wrote {}", self.out().display()));
        if let Some(takeaway) = &self.takeaway {
            self.say(format_args!("\n{}\n", wrapped(takeaway)));
        }
    }

    fn write_result(&self, training: impl Serialize) -> anyhow::Result<()> {
        let result = Record {
            example: self.example,
            backend: &self.run.backend,
            seed: self.run.seed,
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
        // A run whose files are complete does not fail because of the index.
        match index::update(self.out()) {
            Ok(Some(page)) => self.say(format_args!("All runs: {}", page.display())),
            Ok(None) => {}
            Err(error) => {
                output::print_error(format_args!("note: the index of runs was not updated: {error:#}"));
            }
        }
        Ok(())
    }
}
