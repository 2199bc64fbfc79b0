//! The book run again in little, and its page in a real browser.

use std::{fs, path::Path, process::Command};

use kindling_e2e::{Program, json};

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
    let Some(browser) = browser() else { return };
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
        ])
        .args(["--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let (dom, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{log}");
    assert!(!log.contains("CONSOLE"), "the page has errors: {log}");
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

/// `KINDLING_BROWSER`, or Chromium where it is installed; says so when there is none.
fn browser() -> Option<String> {
    if let Ok(named) = std::env::var("KINDLING_BROWSER") {
        return Some(named);
    }
    let installed = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
    });
    if installed.is_none() {
        println!("skipped: no Chromium to open the page in; KINDLING_BROWSER names one");
    }
    installed.map(String::from)
}
