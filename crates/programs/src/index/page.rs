//! The HTML of the page, with its data embedded as JSON.
//!
//! The script builds elements and never parses text as HTML. A content security policy blocks all other scripts.

use base64::{Engine, prelude::BASE64_STANDARD};
use kindling::data::files::sha256;
use serde::Serialize;

use super::entry::Entry;

const BODY: &str = include_str!("index.html");
/// Styles and charts are shared with the report pages of `kindling-train`.
const STYLE: &str = concat!(include_str!("../../../train/src/report/style.css"), include_str!("index.css"));
const SCRIPT: &str = concat!(
    include_str!("../../../train/src/report/recording/charts.js"),
    include_str!("comparison.js"),
    include_str!("index.js")
);

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
        let (script, style) = (hash(SCRIPT)?, hash(STYLE)?);
        let data = script_data(&serde_json::to_string(self)?);
        Ok(format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'sha256-{script}'; \
             style-src 'sha256-{style}'; img-src data:; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>kindling: runs</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{STYLE}</style>\n</head>\n<body>\n\
             {BODY}<script type=\"application/json\" id=\"data\">{data}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
        ))
    }
}

/// Escapes `<` in JSON, so that the text cannot end the script element that contains it.
fn script_data(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// Returns the hash of a script or style in the form of a content security policy.
fn hash(content: &str) -> anyhow::Result<String> {
    let digits = sha256(content.as_bytes())?;
    let bytes: Result<Vec<u8>, _> =
        (0..digits.len()).step_by(2).map(|place| u8::from_str_radix(&digits[place..place + 2], 16)).collect();
    Ok(BASE64_STANDARD.encode(bytes?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_a_content_security_policy() {
        // The example of the specification, "Content Security Policy Level 2", section 7.17.2.1.
        assert_eq!(hash("alert('Hello, world.');").unwrap(), "qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
    }
}
