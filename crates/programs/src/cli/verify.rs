//! Repeats epochs of a run, for the program `verify`.

use std::path::Path;

use anyhow::Context;
use kindling::{
    callbacks::ReceiptLogger,
    data::files::with_remedy,
    prelude::{FitOptions, Model, Network, Samples, TrainError},
    train::{Receipt, Recording, instructions},
};
use serde::{Deserialize, Serialize};

use super::{RECORDING, RunReceipt, json};

/// Epochs that were repeated, in a file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Repeated {
    /// The epochs before them.
    pub from: usize,
    /// The receipt of the training up to the last of them.
    pub receipt: Receipt,
    /// The history, as in `history.json`.
    pub history: serde_json::Value,
}

impl Repeated {
    const FILE: &str = "repeated.json";

    /// The name of the file with the model, if the run was made on another kind of processor.
    pub const MODEL: &str = "repeated.keras";

    /// Reads the file in a directory.
    ///
    /// # Errors
    /// When there is none, because nothing was repeated.
    pub fn read(directory: &Path) -> anyhow::Result<Self> {
        json::read(&directory.join(Self::FILE), "that can be repeated")
    }
}

/// A run, and a model to repeat it with.
pub(super) struct Repetition<'a, N: Network> {
    /// The directory of the run.
    pub run: &'a Path,
    pub model: &'a mut Model<N>,
    pub samples: &'a Samples,
    pub options: &'a FitOptions,
}

impl<N: Network> Repetition<'_, N> {
    /// Repeats the last of so many epochs, or all of them if there is no key frame of the training before it. What comes out is
    /// written to a directory.
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
                    // The recording is of another training: of one that was not completed, say.
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
            // Hashes cannot be compared, weights can.
            model.to_file()?.write(directory.join(Repeated::MODEL))?;
        }
        let history = serde_json::to_value(&history)?;
        // It is temporary, so that it need not be synced.
        let (path, repeated) = (directory.join(Repeated::FILE), Repeated { from, receipt, history });
        let written = std::fs::write(&path, serde_json::to_vec(&repeated)?).map_err(with_remedy);
        written.with_context(|| format!("cannot write {}", path.display()))
    }
}
