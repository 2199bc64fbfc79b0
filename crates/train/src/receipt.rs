//! Receipts of training runs, for verification by repetition.

use kindling_models::keras_file::{
    Arrays, KerasFile,
    paths::{KINDLING_OPTIMIZER, OPTIMIZER, is_within},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::History;

/// The receipt of a training run: a chain of hashes over its data and settings, and over its weights, optimizer state
/// and history after each epoch. With the same data, the run or a part of it can be repeated and compared with the
/// receipt.
///
/// A receipt is created by a [`ReceiptLogger`](crate::callbacks::ReceiptLogger).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Version of this crate.
    pub version: String,
    /// Network, compile settings, options of `fit`, seed, and SHA-256 of the data.
    pub identity: Map<String, Value>,
    /// Entries: one before the first step and one after each epoch.
    pub entries: Vec<ReceiptEntry>,
}

/// The state of a training run after an epoch, as SHA-256 hashes in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptEntry {
    /// Number of completed epochs.
    pub epochs: usize,
    /// Instruction set of the processor. Results are rounded differently with other instruction sets.
    pub processor: String,
    /// Hashes of the model.
    #[serde(flatten)]
    pub model: ModelHash,
    /// Hash of the history of all epochs.
    pub history: String,
    /// Hash of this entry and of the previous value of `chain`.
    pub chain: String,
}

/// The SHA-256 hashes of a model, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelHash {
    /// Hash of the weights.
    pub weights: String,
    /// Hash of the optimizer state.
    pub optimizer: String,
}

impl ModelHash {
    /// Computes the hashes of the model in a file.
    pub fn of(file: &KerasFile) -> Self {
        let scalars = file.own()["optimizer"].to_string();
        let is_state = |path: &str| is_within(path, OPTIMIZER) || is_within(path, KINDLING_OPTIMIZER);
        let (weights, optimizer) = rayon::join(
            || hash_arrays(file.arrays(), KerasFile::is_weight, ""),
            || hash_arrays(file.arrays(), is_state, &scalars),
        );
        Self { weights, optimizer }
    }
}

impl Receipt {
    pub(crate) fn new(identity: Map<String, Value>) -> Self {
        Self { version: env!("CARGO_PKG_VERSION").into(), identity, entries: Vec::new() }
    }

    /// Adds the state after `epochs` epochs.
    pub(crate) fn add(&mut self, epochs: usize, file: &KerasFile, history: &History) {
        let mut entry = ReceiptEntry {
            epochs,
            processor: instructions().into(),
            model: ModelHash::of(file),
            history: Self::hash_history(&serde_json::to_value(history).unwrap_or_default()),
            chain: String::new(),
        };
        let before = self.entries.last().map_or_else(|| self.header(), |last| last.chain.clone());
        entry.chain = entry.chained(&before);
        self.entries.push(entry);
    }

    /// Computes the hash of a history, given as JSON.
    pub fn hash_history(history: &Value) -> String {
        let mut hash = Hash::default();
        hash.add(history.to_string().as_bytes());
        hash.finish()
    }

    /// Returns the entry after `epochs` epochs, or `None` if there is none.
    pub fn entry(&self, epochs: usize) -> Option<&ReceiptEntry> {
        self.entries.iter().find(|entry| entry.epochs == epochs)
    }

    /// Returns the number of epochs of the first entry whose hash is inconsistent with the previous entries, or
    /// `None` if the chain is intact.
    pub fn broken_at(&self) -> Option<usize> {
        let mut chain = self.header();
        for entry in &self.entries {
            if entry.chained(&chain) != entry.chain {
                return Some(entry.epochs);
            }
            chain.clone_from(&entry.chain);
        }
        None
    }

    /// Describes the first difference from a run that repeats this one or its first epochs. Returns `None` if all
    /// entries of `repeated` are equal.
    pub fn difference(&self, repeated: &Self) -> Option<String> {
        if self.version != repeated.version {
            let (own, other) = (&self.version, &repeated.version);
            return Some(format!("the receipt was created by version {own}, but this is version {other}"));
        }
        let identity = |receipt: &Self| Value::from(receipt.identity.clone());
        if let Some(difference) = crate::model::difference("", &identity(repeated), &identity(self)) {
            return Some(difference);
        }
        repeated.entries.iter().find_map(|found| {
            let epochs = found.epochs;
            let Some(expected) = self.entry(epochs) else {
                return Some(format!("the receipt has no entry after epoch {epochs}"));
            };
            let parts = [
                ("weights", &found.model.weights, &expected.model.weights),
                ("optimizer state", &found.model.optimizer, &expected.model.optimizer),
                ("history", &found.history, &expected.history),
            ];
            let (part, ..) = parts.iter().find(|(_, found, expected)| found != expected)?;
            Some(format!("the {part} after epoch {epochs} differs from the receipt"))
        })
    }

    fn header(&self) -> String {
        let mut hash = Hash::default();
        hash.add(self.version.as_bytes());
        hash.add(Value::from(self.identity.clone()).to_string().as_bytes());
        hash.finish()
    }
}

impl ReceiptEntry {
    fn chained(&self, before: &str) -> String {
        let Self { epochs, processor, model: ModelHash { weights, optimizer }, history, .. } = self;
        let mut hash = Hash::default();
        for text in [before, &epochs.to_string(), processor, weights, optimizer, history] {
            hash.add(text.as_bytes());
        }
        hash.finish()
    }
}

/// Returns the name of the instruction set that is used on this processor. See [`ReceiptEntry::processor`].
pub fn instructions() -> &'static str {
    kindling_ops::cpu::instructions()
}

/// A hash of several strings, each prefixed with its length.
#[derive(Default)]
struct Hash(Sha256);

impl Hash {
    fn add(&mut self, text: &[u8]) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text);
    }

    fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn hash_arrays(arrays: &Arrays, chosen: impl Fn(&str) -> bool, scalars: &str) -> String {
    let mut hash = Hash::default();
    hash.add(scalars.as_bytes());
    for (path, data) in arrays.iter().filter(|(path, _)| chosen(path)) {
        hash.add(format!("{path} {:?} {:?}", data.dtype(), data.shape().as_slice()).as_bytes());
        hash.add(data.as_bytes());
    }
    hash.finish()
}
