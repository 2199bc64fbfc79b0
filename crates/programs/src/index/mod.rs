//! The index of runs: an HTML page of all runs in `target/kindling`.
//!
//! A program that ends updates `index.html` next to its run directory, if that is in the default directory. The page is
//! self-contained: it embeds plots, figures and histories, and a script to sort and compare them.

mod entry;
mod figures;
mod history;
mod page;
mod pictures;
mod sections;

use std::{
    fs::{self, File, TryLockError},
    io::Write,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use kindling::data::files::{STALE, remove_stale, write_whole};

use entry::Entry;
use page::{Page, Skipped};
use pictures::Budget;

/// Default parent of the run directories.
const DEFAULT: &str = "target/kindling";

/// File name of the page.
const PAGE: &str = "index.html";

/// The file that every complete run has.
const RESULT: &str = "result.json";

/// Maximum number of runs on the page.
const MOST_RUNS: usize = 100;

/// Maximum time to wait for another program that is writing the page.
const PATIENCE: Duration = Duration::from_secs(5);

/// Updates the index next to a run directory, and returns the page's path.
///
/// The page is written only to a directory `target/kindling`, the default. For run directories elsewhere, nothing is written and
/// the result is `None`.
///
/// # Errors
/// Returns an error if the page cannot be written.
pub fn update(out: &Path) -> anyhow::Result<Option<PathBuf>> {
    default_directory(out).map(|directory| write(&directory)).transpose()
}

/// Returns the parent of a run directory if it is `target/kindling`, judged by the path as given or by the absolute path.
fn default_directory(out: &Path) -> Option<PathBuf> {
    let parent = |path: &Path| path.parent().filter(|parent| parent.ends_with(DEFAULT)).map(Path::to_owned);
    parent(out).or_else(|| parent(&std::path::absolute(out).ok()?))
}

/// Writes the page of all runs in a directory.
fn write(directory: &Path) -> anyhow::Result<PathBuf> {
    // Of two programs that end together, the later one must see both results.
    let lock = lock(directory);
    remove_stale(directory, STALE);
    let page = directory.join(PAGE);
    let html = scan(directory)?.to_html()?;
    write_whole(&page, |file| file.write_all(html.as_bytes()))
        .with_context(|| format!("cannot write {}", page.display()))?;
    drop(lock);
    Ok(page)
}

/// Locks a directory, on systems that can lock directories. A stopped program may hold the lock for long, so waiting has a limit.
fn lock(directory: &Path) -> Option<File> {
    let file = File::open(directory).ok()?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Some(file),
            Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => {
                thread::sleep(Duration::from_millis(50))
            }
            Err(_) => return None,
        }
    }
}

/// Reads the runs in a directory, latest first.
fn scan(directory: &Path) -> anyhow::Result<Page> {
    let read = fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    let ended = |path: PathBuf| {
        let ended = fs::metadata(path.join(RESULT)).ok()?.modified().ok()?;
        Some((ended, path))
    };
    let mut found: Vec<_> = read.flatten().filter_map(|entry| ended(entry.path())).collect();
    found.sort_by(|a, b| b.cmp(a));
    let mut page = Page { left_out: found.len().saturating_sub(MOST_RUNS), ..Page::default() };
    let mut budget = Budget::default();
    for (ended, path) in found.into_iter().take(MOST_RUNS) {
        match Entry::read(&path, ended, &mut budget) {
            Ok(run) => page.runs.push(run),
            Err(error) => page.skipped.push(Skipped { name: name_of(&path), reason: format!("{error:#}") }),
        }
    }
    Ok(page)
}

/// Returns the last component of a path as text.
fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;
