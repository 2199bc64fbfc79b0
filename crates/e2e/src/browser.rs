//! Opens HTML pages in headless Chromium.

use std::{path::Path, process::Command};

/// Opens a page, checks that the browser console is empty, and returns the resulting DOM as HTML. Returns `None` if no browser
/// is installed.
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
        // Allows a page to read another local page in its iframe.
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

/// Returns the browser that `KINDLING_BROWSER` names, or else an installed Chromium. Prints a note if there is none.
fn browser() -> Option<String> {
    if let Ok(named) = std::env::var("KINDLING_BROWSER") {
        return Some(named);
    }
    let installed = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
    });
    if installed.is_none() {
        println!("skipped: Chromium is not installed: set KINDLING_BROWSER to a browser");
    }
    installed.map(String::from)
}
