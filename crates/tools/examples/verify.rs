//! Whether the files of a run are what its training gives.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, bail, ensure};
use clap::Parser;
use kindling::{
    data::files::with_remedy,
    models::{Weights, keras_file::KerasFile},
    train::{ModelHash, Receipt, Recording, instructions},
};
use kindling_programs::cli::{self, RECORDING, RunReceipt};
use rayon::prelude::*;
use serde_json::{Map, Value};
use tempfile::TempDir;

/// Checks the files of a run against its receipt, and repeats an epoch of its training chosen at random, or the whole run. The exit
/// code is 0 if all is as the receipt says, and 1 otherwise
#[derive(Parser)]
#[command(name = "verify")]
struct Args {
    /// Directory of the run
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Repeat the whole run: every epoch, the test, and the pictures
    #[arg(long)]
    all: bool,
    /// Data directory, if it is elsewhere than at the run
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let receipt = RunReceipt::read(&args.run)?;
    let entries = &receipt.training.entries;
    ensure!(entries.len() > 1, "the receipt has no epoch to repeat");
    if args.all && entries.iter().all(|entry| entry.processor == instructions()) {
        // Bytes match, so that the files can be compared as well.
        check_files(&args.run, &receipt)?;
        repeat_run(&args, &receipt)?;
    } else if args.all {
        check_files(&args.run, &receipt)?;
        for entry in &entries[1..] {
            cli::print(Repetition::start(&args, &receipt, entry.epochs)?.end()?.trim_end());
        }
    } else {
        let chosen = &entries[1 + random(entries.len() - 1)];
        // The files are checked while the program of the run loads its data.
        let repetition = Repetition::start(&args, &receipt, chosen.epochs)?;
        check_files(&args.run, &receipt)?;
        cli::print(repetition.end()?.trim_end());
    }
    cli::print("verified");
    Ok(())
}

/// Checks the receipt's chain, the files, the key frames, and that the files say what the last entry does.
fn check_files(run: &Path, receipt: &RunReceipt) -> anyhow::Result<()> {
    let training = &receipt.training;
    let recording = Recording::open(run.join(RECORDING)).ok();
    if let Some(epochs) = training.broken_at() {
        bail!("the receipt's chain is broken at epoch {epochs}: it was changed after it was written");
    }
    if let Some(changed) = receipt.changed_file(run) {
        bail!("{changed}");
    }
    let frames: Vec<usize> = recording.iter().flat_map(Recording::key_frames).collect();
    if let Some(recording) = &recording {
        frames.par_iter().copied().try_for_each(|epochs| {
            let path = recording.key_frame(epochs).context("the key frame is gone")?;
            check_frame(&KerasFile::read(path)?, epochs, training)
        })?;
    }
    check_results(run, training)?;
    cli::print(format_args!(
        "{} files and {} key frames are those of the receipt",
        receipt.files.len(),
        frames.len()
    ));
    Ok(())
}

fn check_frame(file: &KerasFile, epochs: usize, receipt: &Receipt) -> anyhow::Result<()> {
    let own = &file.own()["training"];
    ensure!(
        own["identity"].as_object() == Some(&receipt.identity),
        "the key frame after epoch {epochs} is of another training than the receipt"
    );
    let entry = receipt.entry(epochs);
    let entry = entry.with_context(|| format!("the receipt has no entry after epoch {epochs}"))?;
    check_model(file, &entry.model, &format!("the key frame after epoch {epochs}"))?;
    let series = own["history"].as_array().map(Vec::as_slice).unwrap_or_default();
    // In history.json, a figure that is not a number is null.
    let number = |value: &Value| value.as_f64().map_or(Value::Null, Value::from);
    let figures = |one: &Value| one["values"].as_array().into_iter().flatten().map(number).collect::<Value>();
    let history: Map<String, Value> =
        series.iter().map(|one| (one["name"].as_str().unwrap_or_default().into(), figures(one))).collect();
    ensure!(
        Receipt::hash_history(&history.into()) == entry.history,
        "the history of the key frame after epoch {epochs} is not that of the receipt"
    );
    Ok(())
}

/// Checks that model and history are those of the last entry.
fn check_results(run: &Path, receipt: &Receipt) -> anyhow::Result<()> {
    let last = receipt.entries.last().context("the receipt is empty")?;
    let history = fs::read(run.join("history.json")).map_err(with_remedy);
    let history: Value = serde_json::from_slice(&history.context("cannot read history.json")?)?;
    ensure!(
        Receipt::hash_history(&history) == last.history,
        "history.json is not the history of the training"
    );
    let weights = Weights::read(run.join("model.safetensors"))?;
    let model = run.join("model.keras");
    if !model.exists() {
        // The network is no Sequential.
        let found = ModelHash::of(&KerasFile::of_weights(&weights));
        ensure!(
            found.weights == last.model.weights,
            "the weights of model.safetensors are not those of the training"
        );
        return Ok(());
    }
    let model = KerasFile::read(model)?;
    check_model(&model, &last.model, "model.keras")?;
    // The names are others there.
    for (name, data) in weights.iter() {
        let same = model.arrays().values().any(|own| own.as_bytes() == data.as_bytes());
        ensure!(same, "model.safetensors: {name} is not in model.keras");
    }
    Ok(())
}

fn check_model(file: &KerasFile, expected: &ModelHash, name: &str) -> anyhow::Result<()> {
    let found = ModelHash::of(file);
    ensure!(found.weights == expected.weights, "the weights of {name} are not those of the receipt");
    ensure!(
        found.optimizer == expected.optimizer,
        "the optimizer state of {name} is not that of the receipt"
    );
    Ok(())
}

/// Repeats the whole run elsewhere, and compares its files.
fn repeat_run(args: &Args, receipt: &RunReceipt) -> anyhow::Result<()> {
    let (mut command, out) = again(args, receipt)?;
    printed(command.output())?;
    let repeated = RunReceipt::read(out.path())?;
    if let Some(difference) = receipt.training.difference(&repeated.training) {
        bail!("repeated, {difference}");
    }
    for (name, expected) in &receipt.files {
        let same = repeated.files.get(name) == Some(expected)
            || name.ends_with(".json") && figures(&args.run.join(name))? == figures(&out.path().join(name))?;
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

/// The command of the run, with other data if they are given, and without what concerns its interruption. It writes to a temporary
/// directory: the run stays as it is.
fn again(args: &Args, receipt: &RunReceipt) -> anyhow::Result<(Command, TempDir)> {
    let out = tempfile::tempdir().context("cannot create a temporary directory: name one with TMPDIR")?;
    let mut replaced = vec!["--out", "--checkpoint-every"];
    replaced.extend(args.data_dir.as_ref().map(|_| "--data-dir"));
    let mut command = receipt.command.again(&["--resume", "--record", "--quiet"], &replaced)?;
    command.arg("--quiet").arg(cli::option("--out", out.path())).stdin(Stdio::null());
    command.args(args.data_dir.as_ref().map(|directory| cli::option("--data-dir", directory)));
    Ok((command, out))
}

/// The program of the run, which repeats an epoch. It is ended if nobody waits for it.
struct Repetition {
    program: Option<Child>,
    _out: TempDir,
}

impl Repetition {
    fn start(args: &Args, receipt: &RunReceipt, epochs: usize) -> anyhow::Result<Self> {
        let (mut command, out) = again(args, receipt)?;
        command.arg(cli::option("--recorded-run", &args.run));
        command.args(["--verify-epochs", &epochs.to_string()]);
        let program = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let program = program.map_err(with_remedy).context("cannot start the program of the run")?;
        Ok(Self { program: Some(program), _out: out })
    }

    /// Waits for the program, and returns what it has printed.
    fn end(mut self) -> anyhow::Result<String> {
        printed(self.program.take().context("the program has ended")?.wait_with_output())
    }
}

impl Drop for Repetition {
    fn drop(&mut self) {
        if let Some(program) = &mut self.program {
            // It may have ended by itself.
            let _ = program.kill();
            let _ = program.wait();
        }
    }
}

/// Returns what a program has printed, or its error.
fn printed(output: io::Result<Output>) -> anyhow::Result<String> {
    let output = output.map_err(with_remedy).context("cannot run the program of the run")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A number below `count` that nobody can foresee.
fn random(count: usize) -> usize {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    (time / 1000 % count as u128) as usize
}
