//! Repeats epochs of a recorded training, for the program `verify`.

use std::path::Path;

use anyhow::Context;
use kindling::{
    callbacks::ReceiptLogger,
    data::files::with_remedy,
    prelude::{FitOptions, Model, Network, Samples, TrainError},
    train::{Receipt, Recording, instructions},
};
use serde::{Deserialize, Serialize};

use super::{RECORDING, RunReceipt};
use crate::cli::json;

/// The result of repeating epochs, stored in a file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Repeated {
    /// Number of epochs before the repeated ones.
    pub from: usize,
    /// The receipt of the training up to the last repeated epoch.
    pub receipt: Receipt,
    /// The history, as in `history.json`.
    pub history: serde_json::Value,
}

impl Repeated {
    const FILE: &str = "repeated.json";

    /// Name of the model's file. It exists if the run was recorded on a processor with other instruction sets.
    pub const MODEL: &str = "repeated.keras";

    /// Reads the file in a directory.
    ///
    /// # Errors
    /// Returns an error if the file is missing, which means that nothing was repeated.
    pub fn read(directory: &Path) -> anyhow::Result<Self> {
        json::read(&directory.join(Self::FILE), "that can be repeated")
    }
}

/// A run and a model to repeat it with.
pub(in crate::cli) struct Repetition<'a, N: Network> {
    /// The directory of the run.
    pub run: &'a Path,
    pub model: &'a mut Model<N>,
    pub samples: &'a Samples,
    pub options: &'a FitOptions,
}

impl<N: Network> Repetition<'_, N> {
    /// Trains up to epoch `epochs`, from the last key frame before it, or from the beginning if there is none. Writes the result to
    /// `directory`.
    pub fn run(self, epochs: usize, directory: &Path) -> anyhow::Result<()> {
        let recording = Recording::open(self.run.join(RECORDING)).ok();
        let before = |recording: &Recording| recording.key_frames().filter(|own| *own < epochs).last();
        let from = recording.as_ref().and_then(before);
        let mut logger = ReceiptLogger::new();
        let Self { run, model, samples, options } = self;
        let options = options.clone().epochs(epochs);
        let steps = options.steps_per_epoch(samples)?;
        let resumed = match (&recording, from) {
            (Some(recording), Some(from)) => {
                let step = from as u64 * steps as u64;
                match recording.visit(&[step], model, samples, &options, &mut [&mut logger], &mut |_| Ok(()))
                {
                    // The recording belongs to another training, for example to one that was not completed.
                    Err(TrainError::Checkpoint { .. }) => None,
                    history => Some((from, history?)),
                }
            }
            _ => None,
        };
        let (from, history) = match resumed {
            Some(resumed) => resumed,
            None => (0, model.fit_with(samples, &options, &mut [&mut logger])?),
        };
        let receipt = logger.into_receipt().context("the training has no receipt")?;
        let entries = RunReceipt::read(run)?.training.entries;
        if entries.iter().any(|entry| entry.processor != instructions()) {
            // Hashes differ between instruction sets. Compare weights instead.
            model.to_file()?.write(directory.join(Repeated::MODEL))?;
        }
        let history = serde_json::to_value(&history)?;
        // A temporary file does not have to be synced to disk.
        let (path, repeated) = (directory.join(Repeated::FILE), Repeated { from, receipt, history });
        let written = std::fs::write(&path, serde_json::to_vec(&repeated)?).map_err(with_remedy);
        written.with_context(|| format!("cannot write {}", path.display()))
    }
}
