//! The file of a search: what was searched, and the trials that are finished.

use std::{
    fs::File,
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use kindling_data::files::write_whole;
use serde::{Deserialize, Serialize};

use super::{plan::Identity, space::Values};
use crate::{TrainError, metrics::Best};

/// The largest file that is read, in bytes: 64 MiB, some 300,000 trials.
const LARGEST: u64 = 1 << 26;

/// A finished trial.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub settings: Values,
    /// Epochs that it was trained for, in a successive halving.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epochs: Option<usize>,
    pub score: Option<Best>,
}

/// A record in its file.
#[derive(Debug)]
pub(super) struct Record {
    path: PathBuf,
    content: Mutex<Content>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Content {
    search: Identity,
    trials: Vec<Entry>,
}

impl Record {
    /// The record in the file, or a new one where there is no file.
    pub fn open(path: &Path, search: Identity) -> Result<Self, TrainError> {
        let refused = |reason: String| TrainError::Resume { path: path.into(), reason };
        let of_content = |content| Self { path: path.into(), content: Mutex::new(content) };
        let mut text = String::new();
        let read = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text));
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(of_content(Content { search, trials: Vec::new() }));
            }
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                return Err(refused("it is no file of a search (it is no text)".into()));
            }
            Err(error) => return Err(TrainError::read(path)(error)),
        }
        if text.len() as u64 > LARGEST {
            return Err(refused(format!("it has more than {LARGEST} bytes")));
        }
        let content: Content = serde_json::from_str(&text)
            .map_err(|error| refused(format!("it is no file of a search ({error})")))?;
        let other = &content.search;
        if other.description != search.description {
            let (other, own) = (&other.description, &search.description);
            return Err(refused(format!(
                "it is of another search, \"{other}\", while this one is \"{own}\""
            )));
        }
        if (other.order, other.halving) != (search.order, search.halving) {
            let words = |search: &Identity| match search.halving {
                Some(halving) => format!("{:?}, {halving:?}", search.order),
                None => format!("{:?}", search.order),
            };
            let (other, own) = (words(other), words(&search));
            return Err(refused(format!("it is of another search, {other}, while this one is {own}")));
        }
        if other.space != search.space {
            return Err(refused("it is of a search in another space".into()));
        }
        Ok(of_content(content))
    }

    /// The score of these settings after so many epochs, if the trial is finished.
    pub fn score(&self, settings: &Values, epochs: Option<usize>) -> Option<Option<Best>> {
        let content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = content.trials.iter().find(|own| own.settings == *settings && own.epochs == epochs);
        entry.map(|entry| entry.score)
    }

    /// Adds a finished trial and writes the file. Trials stand in the order of `plan`, whichever was finished first.
    pub fn add(&self, entry: Entry, plan: &[Values]) -> Result<(), TrainError> {
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        content.trials.push(entry);
        let place = |entry: &Entry| plan.iter().position(|own| *own == entry.settings).unwrap_or(plan.len());
        content.trials.sort_by_cached_key(|entry| (entry.epochs, place(entry)));
        self.write(&content)
    }

    /// Writes the file, whole or not at all.
    pub fn save(&self) -> Result<(), TrainError> {
        self.write(&self.content.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets the file that is written from now on.
    pub fn set_path(&mut self, path: PathBuf) {
        self.path = path;
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn write(&self, content: &Content) -> Result<(), TrainError> {
        write_whole(&self.path, |file| {
            serde_json::to_writer_pretty(&mut *file, content)?;
            writeln!(file)
        })
        .map_err(TrainError::io(self.path.clone()))
    }
}
