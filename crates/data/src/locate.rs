//! The one search for a data set's files: the folder that was named, the cache, the mirrors, the fallback.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use crate::{
    DataChoice, DataError, DataOptions, Source,
    content::sha256,
    download::{Failure, download},
};

/// A data set as it was published.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    /// The data set's name; also that of its folder in the cache.
    pub dataset: &'static str,
    /// The sets of files to look for; each of them holds all of the data. The first one found is taken.
    pub alternatives: &'static [Alternative],
    /// What stands in when no alternative can be had.
    pub fallback: Source,
    /// What the fallback is, and what it means for results; ends a sentence.
    pub fallback_meaning: &'static str,
}

/// A set of files that holds all of a data set.
#[derive(Clone, Copy, Debug)]
pub struct Alternative {
    /// The files, in the order in which [`Located::files`] lists them.
    pub files: &'static [PublishedFile],
    /// Base URLs under which all of them are published.
    pub mirrors: &'static [&'static str],
}

/// A file as it was published.
#[derive(Clone, Copy, Debug)]
pub struct PublishedFile {
    /// Its name. One that ends in `.gz` is also looked for without.
    pub name: &'static str,
    /// SHA-256 of its content (unpacked, if it is gzipped), in lower-case hexadecimal digits.
    pub sha256: &'static str,
}

/// Where a data set is to be read from.
#[derive(Clone, Debug)]
pub struct Located {
    /// Where it was found.
    pub source: Source,
    /// The files of one alternative, in its order; none for the fallback.
    pub files: Vec<PathBuf>,
    /// One line that says why [`DataChoice::Auto`] fell back, and what that means.
    pub notice: Option<String>,
}

/// Looks for the files of `release`.
///
/// In the folder that `options` name, if they do. Else in the cache, where a file counts only with its published
/// SHA-256 and is deleted without; then at the mirrors; then, unless all of the data is asked for, there is the
/// fallback. Files in a folder of the user's own are not hashed: they may hold other data in the same format.
///
/// # Errors
/// [`DataError::NotFound`] if the named folder holds none of the alternatives; [`DataError::Download`] if all of
/// the data is asked for and cannot be had.
pub fn locate(release: &Release, options: &DataOptions) -> Result<Located, DataError> {
    let fallback = |notice| Located { source: release.fallback, files: Vec::new(), notice };
    if options.choice == DataChoice::Bundled {
        return Ok(fallback(None));
    }
    if let Some(folder) = &options.dir {
        let files = find_in_dir(release, folder)?;
        return Ok(Located { source: Source::Dir, files, notice: None });
    }
    let mut failures = Vec::new();
    match options.cache_folder().map(|folder| folder.join(release.dataset)) {
        Some(folder) => {
            if let Some(files) = find_in_cache(release, &folder, options, &mut failures) {
                return Ok(Located { source: Source::Cache, files, notice: None });
            }
            if let Some(files) = download(release, &folder, options, &mut failures) {
                return Ok(Located { source: Source::Download, files, notice: None });
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
    let notice = format!("the full {dataset} cannot be had ({}): {fallback_meaning}", reasons.join("; "));
    Ok(fallback(Some(notice)))
}

/// The files of the first alternative that `folder`, or the data set's folder inside of it, holds.
fn find_in_dir(release: &Release, folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let inner = folder.join(release.dataset);
    let found = [folder, &inner]
        .into_iter()
        .find_map(|folder| release.alternatives.iter().find_map(|alternative| alternative.find(folder)));
    found.ok_or_else(|| {
        let (folder_name, inner, names) = (folder.display(), inner.display(), release.names());
        let reason = match folder.is_dir() {
            true => format!("neither {folder_name} nor {inner} holds the files ({names})"),
            false => format!("there is no folder {folder_name}: name the one that holds the files ({names})"),
        };
        DataError::NotFound { dataset: release.dataset, reason }
    })
}

/// The files of the first alternative that `folder` holds, undamaged. Damaged files are deleted.
fn find_in_cache(
    release: &Release,
    folder: &Path,
    options: &DataOptions,
    failures: &mut Vec<Failure>,
) -> Option<Vec<PathBuf>> {
    release.alternatives.iter().find_map(|alternative| {
        let files = alternative.find(folder)?;
        let mut sound = true;
        for (path, published) in files.iter().zip(alternative.files) {
            if File::open(path).and_then(sha256).is_ok_and(|hash| hash == published.sha256) {
                continue;
            }
            sound = false;
            options.warn(&format!(
                "{} has not the published SHA-256; it is deleted, to be downloaded again",
                path.display()
            ));
            failures.push(Failure::new(path.display(), "not the published SHA-256, deleted"));
            // A file that cannot be deleted is damaged the next time as well; a good download replaces it.
            let _ = std::fs::remove_file(path);
        }
        sound.then_some(files)
    })
}

/// What was tried, and what else there is to do.
fn unavailable(release: &Release, failures: &[Failure]) -> DataError {
    let tried: Vec<_> =
        failures.iter().map(|Failure { place, reason }| format!("{place}: {reason}")).collect();
    let reason = format!(
        "{}. Get the files elsewhere ({}) and name their folder by --data-dir, or do with less by --data bundled",
        tried.join("; "),
        release.names()
    );
    DataError::Download { dataset: release.dataset, reason }
}

impl Release {
    /// The names of the files to look for, for people.
    fn names(&self) -> String {
        let names = |alternative: &Alternative| {
            let names: Vec<_> = alternative.files.iter().map(|file| file.name).collect();
            names.join(", ")
        };
        let names: Vec<_> = self.alternatives.iter().map(names).collect();
        names.join(" or ")
    }
}

impl Alternative {
    /// The paths of its files, if `folder` holds all of them.
    fn find(&self, folder: &Path) -> Option<Vec<PathBuf>> {
        let find = |name: &str| Some(folder.join(name)).filter(|path| path.is_file());
        self.files
            .iter()
            .map(|file| find(file.name).or_else(|| find(file.name.strip_suffix(".gz")?)))
            .collect()
    }
}
