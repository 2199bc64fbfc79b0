//! The HTML of the page, with its data embedded as JSON. The script builds elements and never parses text as HTML.

use kindling::report::ScriptedPage;
use serde::Serialize;

use super::entry::Entry;

const SCRIPT: &str = concat!(include_str!("comparison.js"), include_str!("index.js"));

/// The content of the page.
#[derive(Debug, Default, Serialize)]
pub struct Page {
    /// The runs, latest first.
    pub runs: Vec<Entry>,
    /// Runs that cannot be read.
    pub skipped: Vec<Skipped>,
    /// Number of older runs beyond the maximum.
    pub left_out: usize,
}

/// A run that cannot be read.
#[derive(Debug, Serialize)]
pub struct Skipped {
    /// Name of the run directory.
    pub name: String,
    /// The error.
    pub reason: String,
}

impl Page {
    /// Returns the page as HTML.
    ///
    /// # Errors
    /// Returns an error if the data cannot be serialized.
    pub fn to_html(&self) -> anyhow::Result<String> {
        let page = ScriptedPage {
            title: "kindling: runs",
            body: include_str!("index.html"),
            style: include_str!("index.css"),
            script: SCRIPT,
        };
        Ok(page.to_html(self)?)
    }
}
