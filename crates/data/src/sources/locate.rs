//! The search for a data set's files: the given directory, the cache, the mirrors, the fallback.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use super::{DataChoice, DataOptions, Release, Source, cache, download::download, failure::Failure};
use crate::error::DataError;

/// The result of [`locate()`]: where to read a data set from.
#[derive(Clone, Debug)]
pub struct Located {
    /// Where it was found.
    pub source: Source,
    /// The files of one alternative, in its order; none for the fallback.
    pub files: Vec<PathBuf>,
    /// One line that says why [`DataChoice::Auto`] used the fallback, and what that means for results.
    pub notice: Option<String>,
    /// Why the full data set is not available, if it was searched for in vain.
    pub unavailable: Option<String>,
}

/// Searches for the files of `release`.
///
/// A directory given by [`DataOptions::dir`] is the only place to search; its files are not hashed, because they may hold
/// other data in the same format. Otherwise the cache is searched, then the mirrors; then, unless [`DataChoice::Full`] is
/// asked for, the fallback is used. A file in the cache must have its published SHA-256. One that has not is renamed to
/// `NAME.wrong-sha256` with a warning, never deleted; one that cannot be read stays where it is, and nothing is
/// downloaded in its place.
///
/// # Errors
/// [`DataError::NotFound`] if the given directory holds none of the alternatives; [`DataError::Download`] if
/// [`DataChoice::Full`] is asked for and the files are not available.
pub fn locate(release: &Release, options: &DataOptions) -> Result<Located, DataError> {
    let found = |source, files| Located { source, files, notice: None, unavailable: None };
    if options.choice == DataChoice::Bundled {
        return Ok(found(release.fallback, Vec::new()));
    }
    if let Some(dir) = &options.dir {
        let files = find_in_dir(release, dir)?;
        return Ok(found(Source::Dir, files));
    }
    let mut failures = Vec::new();
    match options.cache_folder().map(|dir| dir.join(release.dataset)) {
        Some(dir) => {
            let cached = cache::find(release, &dir, options, &mut failures);
            if let cache::Found::Files(files) = cached {
                return Ok(found(Source::Cache, files));
            }
            if cached == cache::Found::Nothing {
                // Of several processes, one downloads, and the others find what it has left.
                let _lock = dir.parent().and_then(lock);
                if let Some(files) = cache::find_files(release, &dir) {
                    return Ok(found(Source::Cache, files));
                }
                if let Some(files) = download(release, &dir, options, &mut failures) {
                    return Ok(found(Source::Download, files));
                }
            }
        }
        None => failures.push(Failure::new("the cache", "this platform has none; set KINDLING_CACHE_DIR")),
    }
    if options.choice == DataChoice::Full {
        return Err(unavailable(release, &failures));
    }
    let mut reasons: Vec<_> = failures.into_iter().map(|failure| failure.reason).collect();
    reasons.dedup();
    let Release { dataset, fallback_meaning, .. } = release;
    let reasons = reasons.join("; ");
    Ok(Located {
        notice: Some(format!("the full {dataset} data set is not available ({reasons}): {fallback_meaning}")),
        unavailable: Some(reasons),
        ..found(release.fallback, Vec::new())
    })
}

/// Waits until no other process downloads to the cache. Returns `None` where directories cannot be locked.
fn lock(cache: &Path) -> Option<File> {
    // The cache is created by the first download: until then, the directory that it will be in is locked.
    let directory = cache.ancestors().find(|directory| directory.is_dir())?;
    File::open(directory).ok().filter(|file| file.lock().is_ok())
}

/// Returns the files of the first alternative that `dir`, or its subdirectory of the data set's name, holds.
fn find_in_dir(release: &Release, dir: &Path) -> Result<Vec<PathBuf>, DataError> {
    let inner = dir.join(release.dataset);
    let found = [dir, &inner]
        .into_iter()
        .find_map(|dir| release.alternatives.iter().find_map(|alternative| alternative.find(dir)));
    found.ok_or_else(|| {
        let (dir_name, inner, names) = (dir.display(), inner.display(), release.names());
        let reason = match dir.is_dir() {
            true => format!("neither {dir_name} nor {inner} holds the files ({names})"),
            false => format!(
                "the directory {dir_name} does not exist: give the one that holds the files ({names}) by \
                DataOptions::dir or KINDLING_DATA_DIR"
            ),
        };
        DataError::NotFound { dataset: release.dataset, reason }
    })
}

/// Returns the error that lists all attempts and the remedies.
fn unavailable(release: &Release, failures: &[Failure]) -> DataError {
    let tried: Vec<_> =
        failures.iter().map(|Failure { place, reason }| format!("{place}: {reason}")).collect();
    let reason = format!(
        "{}. Get the files elsewhere ({}) and give their directory by DataOptions::dir or KINDLING_DATA_DIR, or use \
        DataChoice::Bundled",
        tried.join("; "),
        release.names()
    );
    DataError::Download { dataset: release.dataset, reason }
}
