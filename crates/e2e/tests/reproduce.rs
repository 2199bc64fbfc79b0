//! The book run again in little, and its page in a real browser.

use std::{fs, path::Path};

use kindling_e2e::{Program, browser, json};

const SECTIONS: [&str; 5] =
    ["2.1 Handwritten digits", "3.4 Film reviews", "3.5 Newswires", "3.6 House prices", "4.4 Overfitting"];

#[test]
fn a_quick_run_writes_a_page_that_shows_every_section() {
    let out = tempfile::tempdir().unwrap();
    let printed = Program("reproduce").run(out.path(), &["--quick"]);
    let result = json(&out.path().join("result.json"));
    let (held, claims) = (&result["claims_that_hold"], &result["claims"]);
    assert!(
        printed.lines().last().unwrap().starts_with(&format!("{held} of {claims} claims hold")),
        "{printed}"
    );
    assert_eq!(claims.as_u64(), Some(14));
    // On synthetic reviews and fewer epochs some claims may fail, but not many.
    assert!(held.as_u64().unwrap() >= 10, "{printed}");

    let path = out.path().join("report.html");
    let page = fs::read_to_string(&path).unwrap();
    assert!(page.contains("Synthetic reviews, NOT imdb"), "the made-up reviews are not named");
    for outside in ["http://", "https://", "<script", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}: the page needs something else");
    }
    in_a_browser(&path);
}

/// Opens the page and looks at what became of it.
fn in_a_browser(page: &Path) {
    let Some(dom) = browser::open(page) else { return };
    for section in SECTIONS {
        assert!(dom.contains(&format!("<h2>{section}</h2>")), "{section} is missing");
    }
    // Charts are drawings with values in them, not text that the browser failed to read.
    assert!(
        dom.matches("<svg").count() >= 10 && dom.matches("</svg>").count() == dom.matches("<svg").count()
    );
    for part in ["<svg class=\"wide\"", "<svg class=\"narrow\"", "<polyline", "class=\"claim holds\""] {
        assert!(dom.contains(part), "{part} is missing");
    }
}
