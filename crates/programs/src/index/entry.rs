//! One run on the index page.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Context;
use serde::Serialize;
use serde_json::Value;

use super::{
    RESULT,
    figures::{Figures, figures},
    history::{Curve, History},
    name_of,
    pictures::{Budget, Picture, pictures},
    sections::{self, Section},
};
use crate::files;

/// Maximum size of a `result.json` that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// HTML pages of a run that are linked to if they exist.
const PAGES: [&str; 2] = ["report.html", "replay.html"];

/// A run, in the form that the page's script reads.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// Name of the run directory.
    name: String,
    /// Name of the program.
    program: String,
    section: Option<Section>,
    /// The data set and its source.
    data: Option<String>,
    /// Whether the data is synthetic.
    synthetic: bool,
    /// End of the run, in seconds since 1970.
    ended: u64,
    figures: Figures,
    curves: BTreeMap<String, Curve>,
    pictures: Vec<Picture>,
    pages: Vec<&'static str>,
}

impl Entry {
    /// Reads a run directory.
    ///
    /// # Errors
    /// Returns an error if `result.json` or `history.json` is not valid.
    pub fn read(run: &Path, ended: SystemTime, budget: &mut Budget) -> anyhow::Result<Self> {
        let bytes = files::read(&run.join(RESULT), LARGEST).context("cannot read result.json")?;
        let result: serde_json::Map<String, Value> =
            serde_json::from_slice(&bytes).context("result.json is not a JSON object")?;
        let mut figures = figures(&result);
        let text = |name: &str| figures.get(name).and_then(Value::as_str);
        let program = text("example").context("result.json names no program (\"example\")")?.to_owned();
        let (dataset, source) = (text("dataset").map(sections::dataset), text("data_source"));
        let synthetic = source == Some("synthetic");
        let data = match (dataset, source) {
            (Some(dataset), _) if synthetic => Some(format!("synthetic data, not {dataset}")),
            (None, _) if synthetic => Some("synthetic data".into()),
            (Some(dataset), Some(source)) => Some(format!("{dataset}, {source}")),
            (dataset, source) => dataset.or(source).map(str::to_owned),
        };
        let history = History::read(run)?;
        for (name, best) in
            [("best_val_accuracy", history.best_val_accuracy), ("best_val_loss", history.best_val_loss)]
        {
            if let Some(best) = best {
                figures.entry(name.into()).or_insert(best.into());
            }
        }
        Ok(Self {
            name: name_of(run),
            section: Section::of(&program),
            program,
            data,
            synthetic,
            ended: ended.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
            figures,
            curves: history.curves,
            pictures: pictures(run, budget),
            pages: PAGES.into_iter().filter(|page| run.join(page).is_file()).collect(),
        })
    }
}
