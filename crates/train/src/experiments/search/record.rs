//! The file of a search: what was searched, and the trials that are finished.

use std::{
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use kindling_data::files::write_whole;
use serde::{Deserialize, Serialize};

use super::{SearchSpace, Settings, Trial};
use crate::TrainError;

/// What tells one search from another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub description: String,
    pub space: SearchSpace,
    pub order: Order,
}

/// Which combinations are tried, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    Grid,
    Random { seed: u64 },
}

/// What the file holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub search: Identity,
    pub trials: Vec<Trial>,
}

impl Record {
    /// The record in the file, or a new one where there is no file.
    pub fn open(path: &Path, search: Identity) -> Result<Self, TrainError> {
        let refused = |reason: String| TrainError::Resume { path: path.into(), reason };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Self { search, trials: Vec::new() });
            }
            Err(error) => return Err(refused(format!("it cannot be read ({error})"))),
        };
        let record: Self = serde_json::from_str(&text)
            .map_err(|error| refused(format!("it is no file of a search ({error})")))?;
        let other = &record.search;
        if other.description != search.description {
            let (other, own) = (&other.description, &search.description);
            return Err(refused(format!(
                "it is of another search, \"{other}\", while this one is \"{own}\""
            )));
        }
        if other.order != search.order {
            let (other, own) = (other.order, search.order);
            return Err(refused(format!("it is of another search, {other:?}, while this one is {own:?}")));
        }
        if other.space != search.space {
            return Err(refused("it is of a search in another space".into()));
        }
        Ok(record)
    }

    /// The finished trial of these settings.
    pub fn trial(&self, settings: &Settings) -> Option<&Trial> {
        self.trials.iter().find(|trial| trial.settings == *settings)
    }

    /// Adds a finished trial; the trials of `plan` stand in its order, whichever was finished first.
    pub fn add(&mut self, trial: Trial, plan: &[Settings]) {
        self.trials.push(trial);
        let place = |trial: &Trial| plan.iter().position(|own| *own == trial.settings);
        self.trials.sort_by_key(|trial| place(trial).unwrap_or(plan.len()));
    }

    /// Writes the file, whole or not at all.
    pub fn save(&self, path: &Path) -> Result<(), TrainError> {
        write_whole(path, |file| {
            serde_json::to_writer_pretty(&mut *file, self)?;
            writeln!(file)
        })
        .map_err(TrainError::io(PathBuf::from(path)))
    }
}
