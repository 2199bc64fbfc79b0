//! The plots of a run, embedded in the page.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Serialize;

use crate::files;

/// Maximum number of pictures of a run.
const MOST_PICTURES: usize = 24;

/// Maximum size of an embedded picture, in bytes.
const LARGEST: u64 = 400 << 10;

/// The number of bytes of pictures that can still be embedded, before Base64 enlarges them by a third.
#[derive(Debug)]
pub struct Budget(u64);

impl Default for Budget {
    fn default() -> Self {
        Self(3 << 20)
    }
}

/// A picture.
#[derive(Debug, Serialize)]
pub struct Picture {
    /// File name without the extension.
    pub name: String,
    /// File name.
    pub file: String,
    /// The picture as a `data:` URI, or `None` if it exceeds the budget or is neither SVG nor PNG.
    pub uri: Option<String>,
}

/// Returns the pictures of a run, sorted by name. Of an SVG and a PNG with the same name, the smaller file is used.
pub fn pictures(run: &Path, budget: &mut Budget) -> Vec<Picture> {
    let mut smallest: BTreeMap<String, (u64, PathBuf)> = BTreeMap::new();
    for entry in fs::read_dir(run).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_picture = path.extension().is_some_and(|ending| ending == "svg" || ending == "png");
        let Some(metadata) = fs::metadata(&path).ok().filter(|file| is_picture && file.is_file()) else {
            continue;
        };
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let own = (metadata.len(), path);
        let kept = smallest.entry(name).or_insert_with(|| own.clone());
        if own < *kept {
            *kept = own;
        }
    }
    let picture = |(name, (_, path)): (String, (u64, PathBuf))| Picture {
        name,
        file: super::name_of(&path),
        uri: budget.uri(&path),
    };
    smallest.into_iter().take(MOST_PICTURES).map(picture).collect()
}

impl Budget {
    /// Returns a picture as a `data:` URI, or `None` if it exceeds the budget or is neither SVG nor PNG.
    fn uri(&mut self, path: &Path) -> Option<String> {
        let bytes = files::read(path, LARGEST.min(self.0)).ok()?;
        let kind = if bytes.starts_with(b"\x89PNG") {
            "png"
        } else if bytes.starts_with(b"<svg") || bytes.starts_with(b"<?xml") {
            "svg+xml"
        } else {
            return None;
        };
        self.0 -= bytes.len() as u64;
        Some(format!("data:image/{kind};base64,{}", BASE64_STANDARD.encode(&bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_file_of_a_picture_is_embedded_within_the_budget() {
        let run = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &[u8]| fs::write(run.path().join(name), content).unwrap();
        write("loss.svg", b"<svg></svg>");
        write("loss.png", b"\x89PNG and more than that");
        write("digits.svg", &[b' '; 600 << 10]);
        write("digits.png", b"\x89PNG");
        write("large.png", &[b"\x89PNG".as_slice(), &[0; 500 << 10]].concat());
        write("page.svg", b"<html>");
        write("history.json", b"{}");
        fs::create_dir(run.path().join("folder.svg")).unwrap();
        let shown = |budget: &mut Budget| -> Vec<(String, Option<String>)> {
            pictures(run.path(), budget).into_iter().map(|picture| (picture.file, picture.uri)).collect()
        };
        let uri = |kind, content: &[u8]| {
            Some(format!("data:image/{kind};base64,{}", BASE64_STANDARD.encode(content)))
        };
        let (digits, loss) = (uri("png", b"\x89PNG"), uri("svg+xml", b"<svg></svg>"));
        let expected = |digits, loss| {
            [("digits.png", digits), ("large.png", None), ("loss.svg", loss), ("page.svg", None)]
                .map(|(file, uri)| (file.to_owned(), uri))
        };
        assert_eq!(shown(&mut Budget::default()), expected(digits.clone(), loss));
        assert_eq!(shown(&mut Budget(10)), expected(digits, None));
    }
}
