//! Repeats epochs of a run, and compares them with its receipt.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use kindling::{
    callbacks::ReceiptLogger,
    models::keras_file::KerasFile,
    prelude::{Callback, FitOptions, Model, Network, Samples, TrainError, Training},
    train::{Recording, instructions},
};
use serde_json::Value;

use super::{RECORDING, RunReceipt, json, output::print};

/// The largest difference of a weight, and the largest relative difference of a figure, that another kind of processor may make in
/// an epoch.
pub const TOLERANCE: f64 = 1e-3;

/// A run, and a model to repeat it with.
pub(super) struct Repetition<'a, N: Network> {
    /// The directory of the run.
    pub run: &'a Path,
    pub model: &'a mut Model<N>,
    pub samples: &'a Samples,
    pub options: &'a FitOptions,
}

impl<N: Network> Repetition<'_, N> {
    /// Repeats the last of so many epochs from the key frame before it or, without one, all of them.
    pub fn run(self, epochs: usize) -> anyhow::Result<()> {
        let expected = RunReceipt::read(self.run)?.training;
        let recording = Recording::open(self.run.join(RECORDING)).ok();
        let before = |recording: &Recording| recording.key_frames().filter(|own| *own < epochs).last();
        let from = recording.as_ref().and_then(before);
        let mut frame = Frame(from.and_then(|from| Some(recording.as_ref()?.key_frame(from)?.to_owned())));
        let mut logger = ReceiptLogger::new();
        let options = self.options.clone().epochs(epochs);
        let history = self.model.fit_with(self.samples, &options, &mut [&mut frame, &mut logger])?;
        let found = logger.into_receipt().context("the training has no receipt")?;

        let repeated = match from.unwrap_or(0) + 1 {
            first if first == epochs => format!("Epoch {epochs}: repeated"),
            first => format!("Epochs {first} to {epochs}: repeated"),
        };
        let others = expected.entries.iter().find(|entry| entry.processor != instructions());
        let Some(other) = others.map(|entry| &entry.processor) else {
            if let Some(difference) = expected.difference(&found) {
                bail!("{repeated}, and {difference}");
            }
            print(format_args!("{repeated}, and the same to the last byte"));
            return Ok(());
        };
        print(format_args!(
            "The run was made on {other}, this is {}: bytes cannot match, so that weights and figures are compared within \
             {TOLERANCE}",
            instructions()
        ));
        if let Some(path) = recording.as_ref().and_then(|recording| recording.key_frame(epochs)) {
            self.compare_weights(path)?;
        }
        let recorded = json::read(&self.run.join("history.json"), "that has trained one network")?;
        compare_figures(&recorded, &serde_json::to_value(&history)?)?;
        print(format_args!("{repeated}, and the same within the tolerance"));
        Ok(())
    }

    fn compare_weights(&self, path: &Path) -> anyhow::Result<()> {
        let expected = KerasFile::read(path)?;
        let found = self.model.to_file()?;
        for (name, expected) in expected.arrays().iter().filter(|(name, _)| KerasFile::is_weight(name)) {
            let near = found.arrays().get(name).is_some_and(|found| {
                let mut pairs = expected.iter::<f64>().zip(found.iter::<f64>());
                pairs.all(|(expected, found)| (expected - found).abs() <= TOLERANCE)
            });
            ensure!(near, "{name} is not that of {}", path.display());
        }
        Ok(())
    }
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

/// Begins a training with a key frame, if there is one.
struct Frame(Option<PathBuf>);

impl Callback for Frame {
    fn observes(&self) -> bool {
        true
    }

    fn on_train_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        if let Some(path) = &self.0 {
            training.resume_from(path);
        }
        Ok(())
    }
}
