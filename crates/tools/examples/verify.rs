//! Whether the files of a recorded run are what its training gives.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, bail, ensure};
use clap::Parser;
use kindling::{
    data::files::with_remedy,
    models::{Weights, keras_file::KerasFile},
    train::{Receipt, Recording, instructions},
};
use kindling_programs::cli::{self, RECORDING, RunReceipt};
use serde_json::Value;

/// Checks the files of a run with --record against its receipt, and repeats one epoch of its training, or all of them. The exit
/// code is 0 if all is as the receipt says, and 1 otherwise
#[derive(Parser)]
#[command(name = "verify")]
struct Args {
    /// Directory of the run
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Repeat every epoch instead of one at random
    #[arg(long)]
    all: bool,
    /// Data directory, if it is elsewhere than when the run was recorded
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let receipt = RunReceipt::read(&args.run)?;
    let recording = args.run.join(RECORDING);
    check_files(&args.run, &receipt, &recording)?;
    cli::print(format_args!(
        "{} files and {} key frames are those of the receipt",
        receipt.files.len(),
        receipt.training.entries.len()
    ));

    let entries = &receipt.training.entries;
    let spans: Vec<(usize, usize)> =
        entries.windows(2).map(|pair| (pair[0].epochs, pair[1].epochs)).collect();
    ensure!(!spans.is_empty(), "the recording has one key frame, so that there is nothing to repeat");
    let chosen = match args.all {
        true => spans,
        false => vec![spans[random(spans.len())]],
    };
    let same_processor = receipt.training.processor == instructions();
    if !same_processor {
        cli::print(format_args!(
            "The run was recorded on {}, this is {}: bytes cannot match, so that weights are compared within {TOLERANCE}",
            receipt.training.processor,
            instructions()
        ));
    }
    for (from, to) in chosen {
        repeat(&args, &receipt, &recording, (from, to), same_processor)?;
        let epochs =
            if to == from + 1 { format!("Epoch {to}") } else { format!("Epochs {} to {to}", from + 1) };
        let how = if same_processor { "to the last byte" } else { "within the tolerance" };
        cli::print(format_args!("{epochs}: repeated, and the same {how}"));
    }
    cli::print("verified");
    Ok(())
}

/// The largest difference of a weight that another kind of processor may make in an epoch.
const TOLERANCE: f32 = 1e-3;

/// Checks the receipt's chain, the files, the key frames, and that the files say what the last key frame does.
fn check_files(run: &Path, receipt: &RunReceipt, recording: &Path) -> anyhow::Result<()> {
    if let Some(epochs) = receipt.training.broken_at() {
        bail!("the receipt's chain is broken at epoch {epochs}: it was changed after it was written");
    }
    if let Some(changed) = receipt.changed_file(run) {
        bail!("{changed}");
    }
    let found = Receipt::of(&Recording::open(recording)?)?;
    ensure!(
        found.identity == receipt.training.identity && found.version == receipt.training.version,
        "the key frames are of another training than the receipt"
    );
    let epochs = |receipt: &Receipt| receipt.entries.iter().map(|entry| entry.epochs).collect::<Vec<_>>();
    let (have, want) = (epochs(&found), epochs(&receipt.training));
    ensure!(have == want, "there are key frames after the epochs {have:?}, the receipt has {want:?}");
    for (found, expected) in found.entries.iter().zip(&receipt.training.entries) {
        let epochs = expected.epochs;
        for (part, found, expected) in [
            ("weights", &found.weights, &expected.weights),
            ("optimizer state", &found.optimizer, &expected.optimizer),
            ("history", &found.history, &expected.history),
        ] {
            ensure!(
                found == expected,
                "the {part} of the key frame after epoch {epochs} is not that of the receipt"
            );
        }
    }
    check_last(run, recording)
}

/// Checks that model and history are those of the last key frame.
fn check_last(run: &Path, recording: &Path) -> anyhow::Result<()> {
    let frames = kindling::callbacks::BackupAndRestore::checkpoints(recording)?;
    let last = KerasFile::read(frames.last().context("there is no key frame")?)?;
    let history = fs::read_to_string(run.join("history.json")).map_err(with_remedy);
    let history: Value = serde_json::from_str(&history.context("cannot read history.json")?)?;
    let series = last.own()["training"]["history"].as_array().cloned().unwrap_or_default();
    for one in &series {
        let name = one["name"].as_str().unwrap_or_default();
        ensure!(
            history[name] == one["values"],
            "history.json: {name} is {}, the recording has {}",
            history[name],
            one["values"]
        );
    }
    // The names are others there.
    for (name, data) in Weights::read(run.join("model.safetensors"))?.iter() {
        let same = last.arrays().values().any(|own| own.as_bytes() == data.as_bytes());
        ensure!(same, "model.safetensors: {name} is not in the last key frame");
    }
    let model = run.join("model.keras");
    // A network that is no Sequential has none.
    if model.exists() {
        let model = KerasFile::read(model)?;
        for (path, data) in last.arrays().iter().filter(|(path, _)| KerasFile::is_weight(path)) {
            let same = model.arrays().get(path).is_some_and(|own| own.as_bytes() == data.as_bytes());
            ensure!(same, "model.keras: {path} is not that of the last key frame");
        }
    }
    Ok(())
}

/// Trains from one key frame to the next, with the program of the run, and compares.
fn repeat(
    args: &Args,
    receipt: &RunReceipt,
    recording: &Path,
    (from, to): (usize, usize),
    same_processor: bool,
) -> anyhow::Result<()> {
    let folder = tempfile()?;
    let out = folder.path().join("out");
    let checkpoints = out.join("checkpoints/model");
    let key_frame = |directory: &Path, epochs| -> anyhow::Result<PathBuf> {
        let recording = Recording::open(directory)?;
        let frame = recording
            .key_frame(epochs)
            .with_context(|| format!("{} has no key frame after epoch {epochs}", directory.display()))?;
        Ok(frame.to_owned())
    };
    let frame = key_frame(recording, from)?;
    let copy = checkpoints.join(frame.file_name().unwrap_or_default());
    fs::create_dir_all(&checkpoints)
        .and_then(|()| fs::copy(&frame, &copy))
        .map_err(with_remedy)
        .with_context(|| format!("cannot write {}: name another directory with TMPDIR", copy.display()))?;

    let mut replaced = vec!["--out", "--epochs", "--checkpoint-every"];
    replaced.extend(args.data_dir.as_ref().map(|_| "--data-dir"));
    let mut command = receipt.command.again(&["--resume", "--record", "--quiet"], &replaced)?;
    command.args(["--resume", "--record", "--quiet", "--epochs", &to.to_string()]);
    command.arg(cli::option("--out", &out));
    command.args(args.data_dir.as_ref().map(|directory| cli::option("--data-dir", directory)));
    let output = command.stdin(Stdio::null()).output().map_err(with_remedy);
    let output = output.with_context(|| format!("cannot start {}", receipt.command.example))?;
    ensure!(
        output.status.success(),
        "epoch {to} cannot be repeated: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let expected = KerasFile::read(key_frame(recording, to)?)?;
    let found = KerasFile::read(key_frame(&out.join(RECORDING), to)?)?;
    for (path, data) in expected.arrays() {
        let own = found.arrays().get(path).with_context(|| format!("{path} is missing after epoch {to}"))?;
        let differ = match same_processor {
            true => own.as_bytes() != data.as_bytes(),
            false => {
                own.iter::<f32>().zip(data.iter::<f32>()).any(|(own, other)| (own - other).abs() > TOLERANCE)
            }
        };
        ensure!(!differ, "epoch {to} gives another {path} than the recording has");
    }
    let history = |file: &KerasFile| file.own()["training"]["history"].clone();
    ensure!(
        !same_processor || history(&expected) == history(&found),
        "epoch {to} gives another history than the recording has"
    );
    Ok(())
}

/// A number below `count` that nobody can foresee.
fn random(count: usize) -> usize {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    (time / 1000 % count as u128) as usize
}

fn tempfile() -> anyhow::Result<tempfile::TempDir> {
    tempfile::tempdir().context("cannot create a temporary directory: name one with TMPDIR")
}
