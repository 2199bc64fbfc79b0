//! The search for the files of a data set: the given directory, the cache, the mirrors, and the fallback.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use super::{DataChoice, DataOptions, Release, Source, cache, download::download, failure::Failure};
use crate::error::DataError;

/// The result of [`locate()`]: the source and the files of a data set.
#[derive(Clone, Debug)]
pub struct Located {
    /// The source of the data set.
    pub source: Source,
    /// The files of one alternative, in its order; empty for the fallback.
    pub files: Vec<PathBuf>,
    /// If [`DataChoice::Auto`] used the fallback, one line that explains why and what it means for results.
    pub notice: Option<String>,
    /// The reason why the full data set is not available, if it was searched for and not found.
    pub unavailable: Option<String>,
}

/// Searches for the files of `release`.
///
/// A directory given by [`DataOptions::dir`] is the only location searched. Its files are not hashed, because they may
/// contain other data in the same format. Otherwise the cache and the mirrors are searched, and then the fallback is used
/// unless the choice is [`DataChoice::Full`].
///
/// A file in the cache must have its published SHA-256. A file with another hash is renamed to `NAME.wrong-sha256` with a
/// warning, never deleted. A file that cannot be read is left in place, and nothing is downloaded instead.
///
/// # Errors
/// [`DataError::NotFound`] if the given directory contains none of the alternatives; [`DataError::Download`] if the choice
/// is [`DataChoice::Full`] and the files are not available.
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
                // If several processes need the files, one downloads them while the others wait.
                let _lock = dir.parent().and_then(lock);
                if let Some(files) = cache::find_files(release, &dir) {
                    return Ok(found(Source::Cache, files));
                }
                if let Some(files) = download(release, &dir, options, &mut failures) {
                    return Ok(found(Source::Download, files));
                }
            }
        }
        None => failures
            .push(Failure::new("the cache", "this platform has no cache directory; set KINDLING_CACHE_DIR")),
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

/// Waits until no other process is downloading into the cache. Returns `None` if directories cannot be locked.
fn lock(cache: &Path) -> Option<File> {
    // Before the first download creates the cache, the closest existing parent directory is locked.
    let directory = cache.ancestors().find(|directory| directory.is_dir())?;
    File::open(directory).ok().filter(|file| file.lock().is_ok())
}

/// Returns the files of the first alternative in `dir`, or in its subdirectory with the data set's name.
fn find_in_dir(release: &Release, dir: &Path) -> Result<Vec<PathBuf>, DataError> {
    let inner = dir.join(release.dataset);
    let found = [dir, &inner]
        .into_iter()
        .find_map(|dir| release.alternatives.iter().find_map(|alternative| alternative.find(dir)));
    found.ok_or_else(|| {
        let (dir_name, inner, names) = (dir.display(), inner.display(), release.names());
        let reason = match dir.is_dir() {
            true => format!("neither {dir_name} nor {inner} contains the files ({names}): add them, or set another directory"),
            false => format!(
                "the directory {dir_name} does not exist: set the directory of the files ({names}) with \
                DataOptions::dir or KINDLING_DATA_DIR"
            ),
        };
        DataError::NotFound { dataset: release.dataset, reason }
    })
}

/// Returns the error that lists all failed attempts and the remedies.
fn unavailable(release: &Release, failures: &[Failure]) -> DataError {
    let tried: Vec<_> =
        failures.iter().map(|Failure { place, reason }| format!("{place}: {reason}")).collect();
    let reason = format!(
        "{}. Download the files ({}) by other means and set their directory with DataOptions::dir or \
        KINDLING_DATA_DIR, or use DataChoice::Bundled",
        tried.join("; "),
        release.names()
    );
    DataError::Download { dataset: release.dataset, reason }
}
