//! Pages in a real browser.

use std::{path::Path, process::Command};

/// Opens a page, checks that the browser has nothing to complain about, and returns what became of it. `None` without a
/// browser.
pub fn open(page: &Path) -> Option<String> {
    let browser = browser()?;
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
        // A page in a frame may then be read by the page around it.
        .arg("--allow-file-access-from-files")
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let (dom, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{log}");
    assert!(!log.contains("CONSOLE"), "the page has errors: {log}");
    Some(dom.into_owned())
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
