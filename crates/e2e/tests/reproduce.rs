//! Tests the program `reproduce`, and its report in a browser.

use std::{fs, path::Path};

use kindling_e2e::{Program, browser, full_data, json};

const SECTIONS: [&str; 9] = [
    "2.1 Handwritten digits",
    "2.4 Momentum",
    "3.4 Movie reviews",
    "3.5 Newswires",
    "3.6 House prices",
    "4.2 Protocols of evaluation",
    "4.3 Features",
    "4.4 Overfitting",
    "4.5 The workflow",
];

#[test]
fn quick_run_shows_every_section_and_compares_nothing() {
    let out = tempfile::tempdir().unwrap();
    let printed = Program("reproduce").run(out.path(), &["--quick"]);
    assert!(!printed.contains("claims hold"), "{printed}");
    assert!(printed.lines().last().unwrap().contains("synthetic data, NOT imdb"), "{printed}");
    let result = json(&out.path().join("result.json"));
    assert!(result["claims"].is_null() && result["claims_that_hold"].is_null(), "{result}");

    let path = out.path().join("report.html");
    let page = fs::read_to_string(&path).unwrap();
    // Two sections use the reviews, and both the text and the charts must mark them as synthetic.
    assert!(page.matches("synthetic data, NOT imdb").count() >= 5, "the synthetic reviews are not marked");
    for compared in
        ["Keras, 3 seeds", "position of the book&#39;s", ", the book", "<b>holds</b>", "does not hold"]
    {
        assert!(!page.contains(compared), "{compared}: a quick run must not compare with the book");
    }
    assert_eq!(page.matches("<b>not checked</b>").count(), CLAIMS);
    assert_eq!(page.matches("Refuted if ").count(), CLAIMS);
    for outside in ["http://", "https://", "<script", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}: the page loads external resources");
    }
    in_a_browser(&path);
}

/// Number of claims in all sections.
const CLAIMS: usize = 24;

#[test]
#[ignore = "takes two minutes; needs the full data sets"]
fn full_run_compares_with_the_book() {
    let Some(data) = full_data() else { return };
    let out = tempfile::tempdir().unwrap();
    let data = data.to_str().unwrap();
    let printed =
        Program("reproduce").run(out.path(), &["--data", "full", "--data-dir", data, "--seeds", "2"]);
    let result = json(&out.path().join("result.json"));
    assert_eq!(result["claims"].as_u64(), Some(CLAIMS as u64));
    let held = result["claims_that_hold"].as_u64().unwrap();
    assert!(
        printed.lines().last().unwrap().starts_with(&format!("{held} of {CLAIMS} claims hold")),
        "{printed}"
    );
    // Some claims do not hold for every seed, but most do.
    assert!(held as usize >= CLAIMS * 3 / 4, "{printed}");
    let page = fs::read_to_string(out.path().join("report.html")).unwrap();
    assert!(page.contains("within our range") && page.contains("Keras, 3 seeds"));
    assert!(page.matches("of 2 seeds)").count() >= CLAIMS - 1, "a claim does not state the number of seeds");
}

/// Opens the page in a browser and checks the resulting DOM.
fn in_a_browser(page: &Path) {
    let Some(dom) = browser::open(page) else { return };
    for section in SECTIONS {
        assert!(dom.contains(&format!("<h2>{section}</h2>")), "{section} is missing");
    }
    // The browser must parse charts as SVG elements, not as text.
    assert!(
        dom.matches("<svg").count() >= 10 && dom.matches("</svg>").count() == dom.matches("<svg").count()
    );
    for part in ["<svg class=\"wide\"", "<svg class=\"narrow\"", "<polyline", "class=\"claim open\""] {
        assert!(dom.contains(part), "{part} is missing");
    }
}
