//! HTML pages: a [`Report`] of a run has text, tables, charts, and claims that hold or do not; a [`RecordingPage`] shows a
//! recorded training step by step.
//!
//! A page is one file without network access: all that it needs is in it. It follows the reader's light or dark mode and fits a
//! phone. A report has no scripts.
//!
//! ```
//! use kindling_train::{plots::Chart, report::{Report, Section}};
//!
//! let chart = Chart::new("Loss").axes("Epoch", "Loss").line("Validation", &[0.4, 0.3]);
//! let section = Section::new("Section 3.4").text("Movie reviews.").chart(&chart).claim("It learns.", true, "0.3 < 0.4");
//! let page = Report::new("Movie reviews", "imdb, seed 0").section(section).to_html();
//! assert!(page.contains("It learns."));
//! ```

mod recording;

use std::{io::Write, path::Path};

use kindling_data::files::write_whole;

use crate::{
    TrainError,
    plots::{BarChart, Chart, escape},
};

pub use recording::RecordingPage;

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
    claims: Vec<bool>,
}

impl Report {
    /// An empty page. The subtitle names the data, backend and seed of its figures.
    pub fn new(title: impl Into<String>, subtitle: impl Into<String>) -> Self {
        Self { title: title.into(), subtitle: subtitle.into(), sections: Vec::new() }
    }

    /// Adds a section at the end.
    pub fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// The number of claims that hold, and the number of claims.
    pub fn claims(&self) -> (usize, usize) {
        let claims = || self.sections.iter().flat_map(|section| &section.claims);
        (claims().filter(|holds| **holds).count(), claims().count())
    }

    /// The page.
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

    /// Writes the page. The file appears whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), TrainError> {
        let path = path.as_ref();
        write_whole(path, |file| file.write_all(self.to_html().as_bytes())).map_err(TrainError::io(path))
    }
}

impl Section {
    /// An empty section.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), html: String::new(), claims: Vec::new() }
    }

    /// Adds a paragraph.
    pub fn text(self, text: &str) -> Self {
        self.with(&format!("<p>{}</p>\n", escape(text)))
    }

    /// Adds a table; the first column names the rows.
    pub fn table<R: AsRef<[String]>>(self, head: &[&str], rows: &[R]) -> Self {
        let cells = |tag: &str, cells: &mut dyn Iterator<Item = &str>| -> String {
            cells.map(|cell| format!("<{tag}>{}</{tag}>", escape(cell))).collect()
        };
        let head = cells("th", &mut head.iter().copied());
        let row = |row: &R| format!("<tr>{}</tr>", cells("td", &mut row.as_ref().iter().map(String::as_str)));
        let rows: String = rows.iter().map(row).collect();
        self.with(&format!(
            "<div class=\"table\"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>\n"
        ))
    }

    /// Adds a chart.
    pub fn chart(self, chart: &Chart) -> Self {
        self.with(&chart.to_html())
    }

    /// Adds a chart of bars.
    pub fn bar_chart(self, chart: &BarChart) -> Self {
        self.with(&chart.to_html())
    }

    /// Adds a claim, whether it holds, and the figures that show it.
    pub fn claim(mut self, claim: &str, holds: bool, evidence: &str) -> Self {
        self.claims.push(holds);
        let (class, verdict) = if holds { ("holds", "holds") } else { ("fails", "does not hold") };
        let (claim, evidence) = (escape(claim), escape(evidence));
        self.with(&format!(
            "<p class=\"claim {class}\"><b>{verdict}</b> {claim} <span class=\"evidence\">{evidence}</span></p>\n"
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

/// Returns a page. `head` is HTML beside title and style.
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
