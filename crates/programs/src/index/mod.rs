//! The index of runs: a page of all runs in `target/kindling`.
//!
//! A program that ends updates `index.html` beside its directory for results, if that is in the default place. The page needs no
//! other file: it holds pictures, figures and histories, and a script to sort and to compare them.

mod entry;
mod figures;
mod files;
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

use crate::cli::print_error;
use entry::Entry;
use page::{Page, Skipped};
use pictures::Budget;

/// Where programs write by default.
const DEFAULT: &str = "target/kindling";

/// The page.
const PAGE: &str = "index.html";

/// The file of a complete run.
const RESULT: &str = "result.json";

/// The most runs on a page.
const MOST_RUNS: usize = 100;

/// How long to wait for another program that writes the page.
const PATIENCE: Duration = Duration::from_secs(5);

/// Updates the index beside a run's directory for results, and returns the page's path.
///
/// The page is written only to a directory `target/kindling`, the default place. A directory elsewhere belongs to the user, and
/// nothing is created there: then it returns `None`. A page that cannot be written is a note on standard error, and `None` too: an
/// index must not fail a run.
pub fn update(out: &Path) -> Option<PathBuf> {
    let directory = default_directory(out)?;
    match write(&directory) {
        Ok(page) => Some(page),
        Err(error) => {
            print_error(format_args!("note: the index of runs was not updated: {error:#}"));
            None
        }
    }
}

/// Returns the parent of a run's directory, if it is `target/kindling`: by its name as given, or else by its absolute path.
fn default_directory(out: &Path) -> Option<PathBuf> {
    let parent = |path: &Path| path.parent().filter(|parent| parent.ends_with(DEFAULT)).map(Path::to_owned);
    parent(out).or_else(|| parent(&std::path::absolute(out).ok()?))
}

/// Writes the page of all runs in a directory.
fn write(directory: &Path) -> anyhow::Result<PathBuf> {
    // The program that writes last must see the results of both.
    let lock = lock(directory);
    remove_stale(directory, STALE);
    let page = directory.join(PAGE);
    let html = scan(directory)?.to_html()?;
    write_whole(&page, |file| file.write_all(html.as_bytes()))
        .with_context(|| format!("cannot write {}", page.display()))?;
    drop(lock);
    Ok(page)
}

/// Locks a directory, where the system has locks of directories. A program that was stopped may hold the lock: its page is
/// replaced rather than waited for.
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

/// Reads the runs in a directory, the latest first.
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

/// Returns the last part of a path as text.
fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;
