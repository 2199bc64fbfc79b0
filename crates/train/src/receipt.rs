//! What a recorded training claims, in a form that others can check.

use kindling_models::keras_file::{Arrays, KerasFile};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{Recording, TrainError};

/// The receipt of a recorded training: a chain of hashes over what it was trained on and with, and over its weights, optimizer
/// state and history at each key frame. With the data, anyone can resume from a key frame, train to the next one, and compare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// The version of this crate.
    pub version: String,
    /// The processor's instructions. With others, results are rounded otherwise.
    pub processor: String,
    /// Network, compile settings, options of `fit`, seed, and the SHA-256 of the data.
    pub identity: Map<String, Value>,
    /// One for each key frame, the first one before any step.
    pub entries: Vec<ReceiptEntry>,
}

/// A key frame, as SHA-256 in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptEntry {
    /// Epochs before it.
    pub epochs: usize,
    /// Of the weights.
    pub weights: String,
    /// Of the optimizer's state.
    pub optimizer: String,
    /// Of the figures of all epochs.
    pub history: String,
    /// Of all of this and the chain before.
    pub chain: String,
}

impl Receipt {
    /// Creates the receipt of a recording that was made on this processor.
    ///
    /// # Errors
    /// When a key frame cannot be read, or is none.
    pub fn of(recording: &Recording) -> Result<Self, TrainError> {
        let mut receipt = Self {
            version: String::new(),
            processor: instructions().into(),
            identity: Map::new(),
            entries: Vec::new(),
        };
        let mut chain = None;
        for (epochs, path) in recording.frames() {
            let file = KerasFile::read(path)?;
            let training = &file.own()["training"];
            let Some(identity) = training["identity"].as_object() else {
                return Err(file.unusable("it is a model without the state of a training run").into());
            };
            if receipt.entries.is_empty() {
                receipt.version = training["version"].as_str().unwrap_or_default().into();
                receipt.identity = identity.clone();
            } else if receipt.identity != *identity {
                return Err(file.unusable("it is of another training than the key frames before it").into());
            }
            let mut entry = ReceiptEntry {
                epochs: *epochs,
                weights: hash_arrays(file.arrays(), KerasFile::is_weight, ""),
                optimizer: hash_arrays(
                    file.arrays(),
                    |path| !KerasFile::is_weight(path),
                    &file.own()["optimizer"].to_string(),
                ),
                history: hash([training["history"].to_string().as_bytes()]),
                chain: String::new(),
            };
            entry.chain = entry.chained(chain.unwrap_or_else(|| receipt.header()).as_str());
            chain = Some(entry.chain.clone());
            receipt.entries.push(entry);
        }
        Ok(receipt)
    }

    /// Returns the epochs of the first entry whose hash does not follow from those before it; none if the chain is whole.
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

    fn header(&self) -> String {
        let identity = Value::from(self.identity.clone()).to_string();
        hash([self.version.as_bytes(), self.processor.as_bytes(), identity.as_bytes()])
    }
}

impl ReceiptEntry {
    fn chained(&self, before: &str) -> String {
        let Self { epochs, weights, optimizer, history, .. } = self;
        hash([before, &epochs.to_string(), weights, optimizer, history].map(str::as_bytes))
    }
}

/// Returns the name of the instructions that this processor computes with, see [`Receipt::processor`].
pub fn instructions() -> &'static str {
    kindling_ops::cpu::instructions()
}

/// Returns a hash of several texts, each with its length.
fn hash<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hash_arrays(arrays: &Arrays, chosen: impl Fn(&str) -> bool, other: &str) -> String {
    let mut texts = vec![other.as_bytes().to_vec()];
    for (path, data) in arrays.iter().filter(|(path, _)| chosen(path)) {
        texts.push(format!("{path} {:?} {:?}", data.dtype(), data.shape().as_slice()).into_bytes());
        texts.push(data.as_bytes().to_vec());
    }
    hash(texts.iter().map(Vec::as_slice))
}
