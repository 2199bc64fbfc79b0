//! Repeats an epoch or a whole run and compares the results.

use std::{ffi::OsString, path::Path, process::Stdio};

use anyhow::{Context, bail, ensure};
use kindling::{
    models::keras_file::KerasFile,
    train::{Recording, instructions},
};
use kindling_programs::cli::{self, RECORDING, Repeated, Rerun, RunReceipt};
use serde_json::Value;

use super::Args;

/// Tolerance per epoch between different kinds of processors: absolute for weights, relative for losses and metrics above 1.
const TOLERANCE: f64 = 1e-3;

/// An epoch that is being repeated.
pub struct Epoch<'a> {
    run: &'a Path,
    receipt: &'a RunReceipt,
    epochs: usize,
    program: Rerun,
}

impl<'a> Epoch<'a> {
    /// Starts to repeat the training up to epoch `epochs`, from the last key frame before it.
    pub fn start(args: &'a Args, receipt: &'a RunReceipt, epochs: usize) -> anyhow::Result<Self> {
        let arguments: [OsString; 2] = ["--verify-epochs".into(), epochs.to_string().into()];
        let data_dir = args.data_dir.as_deref();
        let program = Rerun::start(&receipt.command, &args.run, data_dir, arguments, Stdio::null())?;
        Ok(Self { run: &args.run, receipt, epochs, program })
    }

    /// Waits for the program and compares its results with the receipt.
    pub fn compare(mut self) -> anyhow::Result<()> {
        let epochs = self.epochs;
        let out = self.program.end()?;
        let repeated = Repeated::read(&out).context("the run's program did not repeat any epoch")?;
        let which = match repeated.from + 1 {
            first if first == epochs => format!("Repeated epoch {epochs}"),
            first => format!("Repeated epochs {first} to {epochs}"),
        };
        let expected = &self.receipt.training;
        ensure!(repeated.receipt.entry(epochs).is_some(), "epoch {epochs} was not repeated");
        let other = expected.entries.iter().find(|entry| entry.processor != instructions());
        let Some(other) = other.map(|entry| &entry.processor) else {
            if let Some(difference) = expected.difference(&repeated.receipt) {
                bail!("the repeated training differs: {difference}");
            }
            cli::print(format_args!("{which}: weights, optimizer state and history are identical"));
            return Ok(());
        };
        cli::print(format_args!(
            "The run was made on another kind of processor ({other}, not {}): results are not bitwise identical, so weights and \
             metrics are compared with a tolerance of {TOLERANCE}",
            instructions()
        ));
        let recording = Recording::open(self.run.join(RECORDING)).ok();
        if let Some(frame) = recording.as_ref().and_then(|recording| recording.key_frame(epochs)) {
            compare_weights(&KerasFile::read(frame)?, &KerasFile::read(out.join(Repeated::MODEL))?)?;
        }
        let recorded = cli::read_json(&self.run.join("history.json"), "that is complete")?;
        compare_figures(&recorded, &repeated.history)?;
        cli::print(format_args!("{which}: the results agree within the tolerance"));
        Ok(())
    }
}

fn compare_weights(expected: &KerasFile, found: &KerasFile) -> anyhow::Result<()> {
    for (name, expected) in expected.arrays().iter().filter(|(name, _)| KerasFile::is_weight(name)) {
        let near = found.arrays().get(name).is_some_and(|found| {
            let mut pairs = expected.iter::<f64>().zip(found.iter::<f64>());
            pairs.all(|(expected, found)| (expected - found).abs() <= TOLERANCE)
        });
        ensure!(near, "{name} differs from the key frame by more than {TOLERANCE}");
    }
    Ok(())
}

/// Compares the losses and metrics of the epochs in `found`.
fn compare_figures(recorded: &Value, found: &Value) -> anyhow::Result<()> {
    for (name, values) in found.as_object().into_iter().flatten() {
        for (epoch, found) in values.as_array().into_iter().flatten().enumerate() {
            let expected = &recorded[name][epoch];
            let near = match (expected.as_f64(), found.as_f64()) {
                (Some(expected), Some(found)) => {
                    (expected - found).abs() <= TOLERANCE * expected.abs().max(1.0)
                }
                _ => expected == found,
            };
            ensure!(
                near,
                "history.json: {name} of epoch {} is {expected}, but {found} in the repeated training",
                epoch + 1
            );
        }
    }
    Ok(())
}

/// Repeats the whole run and compares its files.
pub fn whole_run(args: &Args, receipt: &RunReceipt) -> anyhow::Result<()> {
    let data_dir = args.data_dir.as_deref();
    let mut program = Rerun::start(&receipt.command, &args.run, data_dir, [], Stdio::null())?;
    let out = program.end()?;
    let repeated = RunReceipt::read(&out).context("the run's program did not repeat the run")?;
    let epochs = |receipt: &RunReceipt| receipt.training.entries.len();
    if let Some(difference) = receipt.training.difference(&repeated.training) {
        bail!("the repeated training differs: {difference}");
    }
    ensure!(epochs(receipt) == epochs(&repeated), "the repeated run has a different number of epochs");
    for name in repeated.files.keys().chain(receipt.files.keys()) {
        let same = match (repeated.files.get(name), receipt.files.get(name)) {
            (Some(repeated), Some(expected)) if repeated == expected => true,
            (Some(_), Some(_)) if name.ends_with(".json") => {
                figures(&args.run.join(name))? == figures(&out.join(name))?
            }
            (Some(_), Some(_)) => false,
            (Some(_), None) => bail!("the receipt has no entry for {name}, which the run writes"),
            (None, _) => bail!("the receipt has an entry for {name}, which the run does not write"),
        };
        ensure!(same, "{name} differs in the repeated run");
    }
    cli::print("Repeated the whole run: all files are identical, except for times and memory usage");
    Ok(())
}

/// Reads a JSON file without the fields that differ from run to run (times and memory usage).
fn figures(path: &Path) -> anyhow::Result<Value> {
    let mut value: Value = cli::read_json(path, "that is complete")?;
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|name, _| !name.ends_with("_seconds") && name != "peak_rss_mb");
    }
    Ok(value)
}
