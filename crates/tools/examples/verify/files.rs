//! Checks the files of a run against its receipt.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use kindling::{
    models::{Weights, keras_file::KerasFile},
    train::{ModelHash, Receipt, Recording},
};
use kindling_programs::cli::{self, RECORDING, RunReceipt};
use rayon::prelude::*;
use serde_json::{Map, Value};

/// Checks the receipt's hash chain, the files, the key frames, and that model and history match the last entry.
pub fn check(run: &Path, receipt: &RunReceipt) -> anyhow::Result<()> {
    let training = &receipt.training;
    if let Some(epochs) = training.broken_at() {
        bail!(
            "the receipt's hash chain is broken at epoch {epochs}: the receipt was changed after it was written"
        );
    }
    for name in ["history.json", "model.safetensors", "result.json"] {
        ensure!(
            receipt.files.contains_key(name),
            "the receipt has no entry for {name}: the receipt was changed after it was written"
        );
    }
    if let Some(changed) = receipt.changed_file(run) {
        bail!("{changed}");
    }
    let frames = check_frames(run, training)?;
    check_results(run, training)?;
    let files = receipt.files.len();
    cli::print(format_args!("{files} files and {frames} key frames match the receipt"));
    Ok(())
}

/// Checks the key frames of a run and returns their number.
fn check_frames(run: &Path, receipt: &Receipt) -> anyhow::Result<usize> {
    let Ok(recording) = Recording::open(run.join(RECORDING)) else { return Ok(0) };
    let epochs: Vec<usize> = recording.key_frames().collect();
    let check = |epochs: &usize| -> anyhow::Result<bool> {
        let path = recording.key_frame(*epochs).context("a key frame was deleted during the check")?;
        let file = KerasFile::read(path)?;
        let is_own = file.own()["training"]["identity"].as_object() == Some(&receipt.identity);
        if is_own {
            check_frame(&file, *epochs, receipt)?;
        }
        Ok(is_own)
    };
    let own: Vec<bool> = epochs.par_iter().map(check).collect::<anyhow::Result<_>>()?;
    match own.iter().position(|is_own| !is_own) {
        None => Ok(epochs.len()),
        // An incomplete run may have left them behind.
        Some(_) if !own.contains(&true) => {
            cli::print("The recording belongs to another run and is not used");
            Ok(0)
        }
        Some(other) => {
            bail!(
                "the key frame after epoch {} belongs to a training other than the receipt's",
                epochs[other]
            )
        }
    }
}

fn check_frame(file: &KerasFile, epochs: usize, receipt: &Receipt) -> anyhow::Result<()> {
    let own = &file.own()["training"];
    let entry = receipt.entry(epochs);
    let entry = entry.with_context(|| format!("the receipt has no entry for epoch {epochs}"))?;
    check_model(file, &entry.model, &format!("the key frame after epoch {epochs}"))?;
    let series = own["history"].as_array().map(Vec::as_slice).unwrap_or_default();
    // history.json writes NaN and infinity as null.
    let number = |value: &Value| value.as_f64().map_or(Value::Null, Value::from);
    let figures = |one: &Value| one["values"].as_array().into_iter().flatten().map(number).collect::<Value>();
    let history: Map<String, Value> =
        series.iter().map(|one| (one["name"].as_str().unwrap_or_default().into(), figures(one))).collect();
    ensure!(
        Receipt::hash_history(&history.into()) == entry.history,
        "the history of the key frame after epoch {epochs} does not match the receipt"
    );
    Ok(())
}

/// Checks that model and history match the last entry.
fn check_results(run: &Path, receipt: &Receipt) -> anyhow::Result<()> {
    let last = receipt.entries.last().context("the receipt is empty")?;
    let history = cli::read_json(&run.join("history.json"), "that is complete")?;
    ensure!(Receipt::hash_history(&history) == last.history, "history.json does not match the receipt");
    let weights = Weights::read(run.join("model.safetensors"))?;
    let model = run.join("model.keras");
    if !model.is_file() {
        // Only a Sequential network has a model.keras.
        let found = ModelHash::of(&KerasFile::of_weights(&weights));
        ensure!(
            found.weights == last.model.weights,
            "the weights of model.safetensors do not match the receipt"
        );
        return Ok(());
    }
    let model = KerasFile::read(model)?;
    check_model(&model, &last.model, "model.keras")?;
    // The names differ between the two formats: arrays are matched by their bytes.
    for (name, data) in weights.iter() {
        let same = model.arrays().values().any(|own| own.as_bytes() == data.as_bytes());
        ensure!(same, "model.safetensors: the weights {name} do not match model.keras");
    }
    Ok(())
}

fn check_model(file: &KerasFile, expected: &ModelHash, name: &str) -> anyhow::Result<()> {
    let found = ModelHash::of(file);
    ensure!(found.weights == expected.weights, "the weights of {name} do not match the receipt");
    ensure!(
        found.optimizer == expected.optimizer,
        "the optimizer state of {name} does not match the receipt"
    );
    Ok(())
}
