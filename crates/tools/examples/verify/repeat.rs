//! Parts of a run that are repeated, and compared with it.

use std::{ffi::OsString, fs, path::Path, process::Stdio};

use anyhow::{Context, bail, ensure};
use kindling::{
    models::keras_file::KerasFile,
    train::{Recording, instructions},
};
use kindling_programs::cli::{self, RECORDING, Repeated, Rerun, RunReceipt, option};
use serde_json::Value;

use super::Args;

/// The largest difference of a weight, and the largest relative difference of a figure, that another kind of processor may make in
/// an epoch.
const TOLERANCE: f64 = 1e-3;

/// An epoch that is being repeated.
pub struct Epoch<'a> {
    run: &'a Path,
    receipt: &'a RunReceipt,
    epochs: usize,
    program: Rerun,
}

impl<'a> Epoch<'a> {
    /// Begins to repeat the last of so many epochs.
    pub fn start(args: &'a Args, receipt: &'a RunReceipt, epochs: usize) -> anyhow::Result<Self> {
        let arguments: [OsString; 3] =
            [option("--recorded-run", &args.run), "--verify-epochs".into(), epochs.to_string().into()];
        let program = Rerun::start(&receipt.command, args.data_dir.as_deref(), arguments, Stdio::null())?;
        Ok(Self { run: &args.run, receipt, epochs, program })
    }

    /// Waits for it, and compares what comes out with the receipt.
    pub fn compare(mut self) -> anyhow::Result<()> {
        let epochs = self.epochs;
        let out = self.program.end()?;
        let repeated = Repeated::read(&out).context("the program of the run has repeated nothing")?;
        let which = match repeated.from + 1 {
            first if first == epochs => format!("Epoch {epochs}: repeated"),
            first => format!("Epochs {first} to {epochs}: repeated"),
        };
        let expected = &self.receipt.training;
        ensure!(repeated.receipt.entry(epochs).is_some(), "epoch {epochs} was not repeated");
        let other = expected.entries.iter().find(|entry| entry.processor != instructions());
        let Some(other) = other.map(|entry| &entry.processor) else {
            if let Some(difference) = expected.difference(&repeated.receipt) {
                bail!("{which}, and {difference}");
            }
            cli::print(format_args!("{which}, and the same to the last byte"));
            return Ok(());
        };
        cli::print(format_args!(
            "The run was made on {other}, this is {}: bytes cannot match, so that weights and figures are compared within \
             {TOLERANCE}",
            instructions()
        ));
        let recording = Recording::open(self.run.join(RECORDING)).ok();
        if let Some(frame) = recording.as_ref().and_then(|recording| recording.key_frame(epochs)) {
            compare_weights(&KerasFile::read(frame)?, &KerasFile::read(out.join(Repeated::MODEL))?)?;
        }
        let recorded: Value = serde_json::from_slice(&fs::read(self.run.join("history.json"))?)?;
        compare_figures(&recorded, &repeated.history)?;
        cli::print(format_args!("{which}, and the same within the tolerance"));
        Ok(())
    }
}

fn compare_weights(expected: &KerasFile, found: &KerasFile) -> anyhow::Result<()> {
    for (name, expected) in expected.arrays().iter().filter(|(name, _)| KerasFile::is_weight(name)) {
        let near = found.arrays().get(name).is_some_and(|found| {
            let mut pairs = expected.iter::<f64>().zip(found.iter::<f64>());
            pairs.all(|(expected, found)| (expected - found).abs() <= TOLERANCE)
        });
        ensure!(near, "{name} is not that of the key frame");
    }
    Ok(())
}

/// Compares the figures of the epochs that `found` has.
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
                "history.json: {name} of epoch {} is {expected}, repeated it is {found}",
                epoch + 1
            );
        }
    }
    Ok(())
}

/// Repeats the whole run, and compares its files.
pub fn whole_run(args: &Args, receipt: &RunReceipt) -> anyhow::Result<()> {
    let mut program = Rerun::start(&receipt.command, args.data_dir.as_deref(), [], Stdio::null())?;
    let out = program.end()?;
    let repeated = RunReceipt::read(&out).context("the program of the run has repeated nothing")?;
    let epochs = |receipt: &RunReceipt| receipt.training.entries.len();
    if let Some(difference) = receipt.training.difference(&repeated.training) {
        bail!("repeated, {difference}");
    }
    ensure!(epochs(receipt) == epochs(&repeated), "repeated, the run has another number of epochs");
    for name in repeated.files.keys().chain(receipt.files.keys()) {
        let same = match (repeated.files.get(name), receipt.files.get(name)) {
            (Some(repeated), Some(expected)) if repeated == expected => true,
            (Some(_), Some(_)) if name.ends_with(".json") => {
                figures(&args.run.join(name))? == figures(&out.join(name))?
            }
            (Some(_), Some(_)) => false,
            (Some(_), None) => bail!("the receipt has no {name}, which the run writes"),
            (None, _) => bail!("the receipt has {name}, which the run does not write"),
        };
        ensure!(same, "repeated, the run writes another {name}");
    }
    cli::print("The run: repeated, and its files are the same, but for times and memory");
    Ok(())
}

/// Reads a JSON file, without the figures that differ from run to run.
fn figures(path: &Path) -> anyhow::Result<Value> {
    let mut value: Value = serde_json::from_slice(&fs::read(path)?)?;
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|name, _| !name.ends_with("_seconds") && name != "peak_rss_mb");
    }
    Ok(value)
}
