//! Descriptions of published data sets.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};

use super::Source;
#[cfg(feature = "download")]
use crate::formats::content::GZIP;
use crate::formats::content::{LARGEST, decompressed, sha256};

/// A published data set: its files, their mirrors, and the fallback.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    /// The name of the data set, and of its directory in the cache.
    pub dataset: &'static str,
    /// The sets of files to search for. Each contains the full data set; the first one found is used.
    pub alternatives: &'static [Alternative],
    /// The source of the fallback, which is used if no alternative is available.
    pub fallback: Source,
    /// A description of the fallback and what it means for results, without a period at the end.
    pub fallback_meaning: &'static str,
}

/// A set of files that contains the full data set.
#[derive(Clone, Copy, Debug)]
pub struct Alternative {
    /// The files, in the order in which [`Located::files`](super::Located::files) lists them.
    pub files: &'static [PublishedFile],
    /// The base URLs that publish all of them.
    pub mirrors: &'static [&'static str],
}

/// A published file.
#[derive(Clone, Copy, Debug)]
pub struct PublishedFile {
    /// The name of the file. If it ends in `.gz`, the name without this extension is searched for, too.
    pub name: &'static str,
    /// The SHA-256 of the content, decompressed if it is gzipped, in lowercase hexadecimal digits.
    pub sha256: &'static str,
}

impl PublishedFile {
    /// Returns the SHA-256 to compare with the published one. Only files that were published as gzip are decompressed.
    pub(super) fn hash(&self, reader: impl Read) -> io::Result<String> {
        // The limit stops decompression bombs: their hash is wrong in any case.
        match self.is_gzip() {
            true => sha256(decompressed(reader)?.take(LARGEST)),
            false => sha256(reader.take(LARGEST)),
        }
    }

    /// Returns the content as it was published, without compression added by a mirror.
    #[cfg(feature = "download")]
    pub(super) fn as_published(&self, content: Vec<u8>) -> io::Result<Vec<u8>> {
        if self.is_gzip() || !content.starts_with(&GZIP) {
            return Ok(content);
        }
        let mut unpacked = Vec::new();
        decompressed(&content[..])?.take(LARGEST).read_to_end(&mut unpacked)?;
        Ok(unpacked)
    }

    fn is_gzip(&self) -> bool {
        self.name.ends_with(".gz")
    }
}

impl Release {
    /// Returns the names of the files to search for, formatted for messages.
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
    /// Returns the paths of the files if all of them are in `dir`.
    pub(super) fn find(&self, dir: &Path) -> Option<Vec<PathBuf>> {
        let find = |name: &str| Some(dir.join(name)).filter(|path| path.is_file());
        self.files
            .iter()
            .map(|file| find(file.name).or_else(|| find(file.name.strip_suffix(".gz")?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::content::tests::gzipped;

    const HASH: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    #[test]
    fn only_files_published_as_gzip_are_decompressed_for_hashing() {
        let hash = |name, content: &[u8]| PublishedFile { name, sha256: HASH }.hash(content).unwrap();
        assert_eq!(hash("a.npz", b"hello"), HASH);
        assert_ne!(hash("a.npz", &gzipped(b"hello")), HASH, "it was not published as gzip");
        assert_eq!(hash("a.gz", b"hello"), HASH);
        assert_eq!(hash("a.gz", &gzipped(b"hello")), HASH);
    }

    #[cfg(feature = "download")]
    #[test]
    fn compression_added_by_a_mirror_is_removed() {
        let published =
            |name, content: Vec<u8>| PublishedFile { name, sha256: HASH }.as_published(content).unwrap();
        assert_eq!(published("a.npz", gzipped(b"hello")), b"hello");
        assert_eq!(published("a.npz", b"hello".to_vec()), b"hello");
        assert_eq!(published("a.gz", gzipped(b"hello")), gzipped(b"hello"));
    }
}
