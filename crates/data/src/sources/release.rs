//! Data sets as they were published.

use std::path::{Path, PathBuf};

use super::Source;

/// A data set as it was published.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    /// The data set's name, also of its directory in the cache.
    pub dataset: &'static str,
    /// The sets of files to search for. Each holds the full data set; the first one found is used.
    pub alternatives: &'static [Alternative],
    /// The origin of the replacement if no alternative is available.
    pub fallback: Source,
    /// What the replacement is, and what it means for results; ends a sentence.
    pub fallback_meaning: &'static str,
}

/// A set of files that holds a full data set.
#[derive(Clone, Copy, Debug)]
pub struct Alternative {
    /// The files, in the order in which [`Located::files`](super::Located::files) lists them.
    pub files: &'static [PublishedFile],
    /// The base URLs that publish all of them.
    pub mirrors: &'static [&'static str],
}

/// A file as it was published.
#[derive(Clone, Copy, Debug)]
pub struct PublishedFile {
    /// The file's name. If it ends in `.gz`, the name without it is searched for too.
    pub name: &'static str,
    /// SHA-256 of the content (decompressed, if it is gzipped), in lowercase hexadecimal digits.
    pub sha256: &'static str,
}

impl Release {
    /// Returns the names of the files to search for, as a message lists them.
    pub(super) fn names(&self) -> String {
        let names = |alternative: &Alternative| {
            let names: Vec<_> = alternative.files.iter().map(|file| file.name).collect();
            names.join(", ")
        };
        let names: Vec<_> = self.alternatives.iter().map(names).collect();
        names.join(" or ")
    }
}

impl Alternative {
    /// Returns the paths of the files, if `dir` holds all of them.
    pub(super) fn find(&self, dir: &Path) -> Option<Vec<PathBuf>> {
        let find = |name: &str| Some(dir.join(name)).filter(|path| path.is_file());
        self.files
            .iter()
            .map(|file| find(file.name).or_else(|| find(file.name.strip_suffix(".gz")?)))
            .collect()
    }
}
