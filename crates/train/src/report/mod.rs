//! HTML pages: a [`Report`] of a run has text, tables, charts, and claims that hold or do not; a [`RecordingPage`] shows a
//! recorded training step by step; a [`ScriptedPage`] shows any data with a script.
//!
//! A page is one self-contained file that loads nothing from the network. It follows the reader's light or dark mode and fits a
//! phone: charts are drawn for its width, and wide tables scroll, with a shaded edge where they continue. A report has no
//! scripts.
//!
//! ```
//! use kindling_train::{plots::Chart, report::{Claim, Report, Section}};
//!
//! let chart = Chart::new("Loss").axes("Epoch", "Loss").line("Validation", &[0.4, 0.3]);
//! let claim = Claim {
//!     statement: "Training lowers the validation loss.".into(),
//!     refuted_if: "it is not below 0.4 in the last epoch".into(),
//!     evidence: "0.3".into(),
//!     holds: Some(true),
//! };
//! let section = Section::new("Section 3.4").text("Movie reviews.").chart(&chart).claim(&claim);
//! let page = Report::new("Movie reviews", "imdb, seed 0").section(section).to_html();
//! assert!(page.contains("Training lowers"));
//! ```

mod recording;
mod scripted;

use std::{io::Write, path::Path};

use kindling_data::files::write_whole;

use crate::{
    TrainError,
    plots::{BarChart, Chart, escape},
};

pub use recording::RecordingPage;
pub use scripted::ScriptedPage;

/// A page of sections.
#[derive(Clone, Debug)]
pub struct Report {
    title: String,
    subtitle: String,
    sections: Vec<Section>,
}

/// A part of a page, with a heading.
#[derive(Clone, Debug)]
pub struct Section {
    title: String,
    html: String,
    /// Whether each claim that was checked holds.
    claims: Vec<bool>,
}

/// A statement about the results of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The statement, a sentence.
    pub statement: String,
    /// The result that would refute it, as in "refuted if ...".
    pub refuted_if: String,
    /// The result.
    pub evidence: String,
    /// Whether the statement holds, or `None` if the result does not allow a conclusion.
    pub holds: Option<bool>,
}

impl Report {
    /// Creates an empty page. The subtitle names the data, backend and seed of its figures.
    pub fn new(title: impl Into<String>, subtitle: impl Into<String>) -> Self {
        Self { title: title.into(), subtitle: subtitle.into(), sections: Vec::new() }
    }

    /// Adds a section at the end.
    pub fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// Returns the number of claims that hold, and the number of claims that were checked.
    pub fn claims(&self) -> (usize, usize) {
        let claims = || self.sections.iter().flat_map(|section| &section.claims);
        (claims().filter(|holds| **holds).count(), claims().count())
    }

    /// Returns the page as HTML.
    pub fn to_html(&self) -> String {
        let (title, subtitle) = (escape(&self.title), escape(&self.subtitle));
        let contents: String = self.sections.iter().enumerate().map(contents_entry).collect();
        let body: String = self.sections.iter().enumerate().map(body).collect();
        let (held, claims) = self.claims();
        let summary = match claims {
            0 => String::new(),
            _ => format!("<p class=\"summary\">{held} of {claims} claims hold.</p>"),
        };
        let body = format!(
            "<header><h1>{title}</h1><p>{subtitle}</p>{summary}</header>\n<nav><ul>{contents}</ul></nav>\n\
             <main>\n{body}</main>"
        );
        document(&self.title, "", STYLE, &body)
    }

    /// Writes the page, atomically: if writing fails, an existing file is not changed.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), TrainError> {
        let path = path.as_ref();
        write_whole(path, |file| file.write_all(self.to_html().as_bytes())).map_err(TrainError::io(path))
    }
}

impl Section {
    /// Creates an empty section.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), html: String::new(), claims: Vec::new() }
    }

    /// Adds a paragraph.
    pub fn text(self, text: &str) -> Self {
        self.with(&format!("<p>{}</p>\n", escape(text)))
    }

    /// Adds a table. The first column contains the names of the rows.
    pub fn table<R: AsRef<[String]>>(self, head: &[&str], rows: &[R]) -> Self {
        let cells = |tag: &str, cells: &mut dyn Iterator<Item = &str>| -> String {
            cells.map(|cell| format!("<{tag}>{}</{tag}>", escape(cell))).collect()
        };
        let head = cells("th", &mut head.iter().copied());
        let row = |row: &R| format!("<tr>{}</tr>", cells("td", &mut row.as_ref().iter().map(String::as_str)));
        let rows: String = rows.iter().map(row).collect();
        self.with(&format!(
            "<div class=\"table\" tabindex=\"0\"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>\n"
        ))
    }

    /// Adds a chart.
    pub fn chart(self, chart: &Chart) -> Self {
        self.with(&chart.to_html())
    }

    /// Adds a bar chart.
    pub fn bar_chart(self, chart: &BarChart) -> Self {
        self.with(&chart.to_html())
    }

    /// Adds a claim.
    pub fn claim(mut self, claim: &Claim) -> Self {
        self.claims.extend(claim.holds);
        let (class, verdict) = match claim.holds {
            Some(true) => ("holds", "holds"),
            Some(false) => ("fails", "does not hold"),
            None => ("open", "not checked"),
        };
        let Claim { statement, refuted_if, evidence, .. } = claim;
        let (statement, refuted_if, evidence) = (escape(statement), escape(refuted_if), escape(evidence));
        self.with(&format!(
            "<p class=\"claim {class}\"><b>{verdict}</b> {statement} <span class=\"evidence\">Refuted if {refuted_if}. \
             Measured: {evidence}.</span></p>\n"
        ))
    }

    fn with(mut self, html: &str) -> Self {
        self.html.push_str(html);
        self
    }
}

fn contents_entry((number, section): (usize, &Section)) -> String {
    let failed = section.claims.iter().filter(|holds| !**holds).count();
    let note = if failed > 0 { format!(" <b>({failed})</b>") } else { String::new() };
    format!("<li><a href=\"#section-{number}\">{}</a>{note}</li>", escape(&section.title))
}

fn body((number, section): (usize, &Section)) -> String {
    format!(
        "<section id=\"section-{number}\"><h2>{}</h2>\n{}</section>\n",
        escape(&section.title),
        section.html
    )
}

/// Returns a page. `head` is HTML in addition to title and style.
fn document(title: &str, head: &str, style: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n{head}\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n{style}</style>\n</head>\n<body>\n\
         {body}\n</body>\n</html>\n"
    )
}

const STYLE: &str = include_str!("style.css");
