//! Pages with a script.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{STYLE, document};
use crate::TrainError;

/// Functions for charts, which scripts of pages call.
const CHARTS: &str = include_str!("charts.js");

/// A page whose script shows data.
///
/// The page has the style of a [`Report`](super::Report), and functions for charts that its script can call. The script finds the
/// data as JSON in the element with the id `data`. A content security policy blocks all other scripts, and all requests.
///
/// ```
/// use kindling_train::report::ScriptedPage;
///
/// let page = ScriptedPage {
///     title: "Losses",
///     body: "<p id=\"loss\"></p>",
///     style: "",
///     script: "const loss = JSON.parse(document.getElementById('data').textContent);",
/// };
/// assert!(page.to_html(&[0.5, 0.25])?.contains("[0.5,0.25]"));
/// # Ok::<(), kindling_train::TrainError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ScriptedPage<'a> {
    /// Title of the page, as text.
    pub title: &'a str,
    /// HTML of the page, without the script.
    pub body: &'a str,
    /// CSS in addition to the style of a report.
    pub style: &'a str,
    /// JavaScript without `</script`.
    pub script: &'a str,
}

impl ScriptedPage<'_> {
    /// Returns the page as HTML, with its data.
    ///
    /// # Errors
    /// Returns an error if the data cannot be serialized as JSON.
    pub fn to_html(&self, data: &impl Serialize) -> Result<String, TrainError> {
        let Self { title, body, style, script } = self;
        let (style, script) = (format!("{STYLE}{style}"), format!("{CHARTS}{script}"));
        // Browsers hash everything between the tags.
        let (script_hash, style_hash) = (hash(&script), hash(&format!("\n{style}")));
        let head = format!(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'sha256-{script_hash}'; \
             style-src 'sha256-{style_hash}'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
        );
        let data = script_data(&serde_json::to_string(data).map_err(TrainError::other)?);
        let body = format!(
            "{body}<script type=\"application/json\" id=\"data\">{data}</script>\n<script>{script}</script>"
        );
        Ok(document(title, &head, &style, &body))
    }
}

/// Escapes `<` in JSON, so that it cannot end the script element that contains it.
fn script_data(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// Returns the hash of a script or style in the form of a content security policy.
fn hash(content: &str) -> String {
    BASE64_STANDARD.encode(Sha256::digest(content))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn no_text_ends_the_script_element() {
        let name = "</script><!--<script>alert(1)";
        let data = script_data(&json!({"name": name}).to_string());
        assert!(!data.contains('<'), "{data}");
        assert_eq!(serde_json::from_str::<Value>(&data).unwrap()["name"], name);
    }

    #[test]
    fn hashes_are_those_of_a_content_security_policy() {
        // The example of the specification, "Content Security Policy Level 2", section 7.17.2.1.
        assert_eq!(hash("alert('Hello, world.');"), "qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
    }

    #[test]
    fn style_and_charts_name_no_other_file() {
        for part in [CHARTS, STYLE] {
            for outside in ["https:", "url(", "@import", "src=", "fetch(", "import(", "eval("] {
                assert!(!part.contains(outside), "{outside}");
            }
        }
        assert!(!CHARTS.contains("</script") && !CHARTS.contains("innerHTML"));
    }
}
