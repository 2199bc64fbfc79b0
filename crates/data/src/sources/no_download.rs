//! Replaces `download.rs` if the feature `download` is not enabled.

use std::path::{Path, PathBuf};

use super::{DataOptions, Release, failure::Failure};

/// Records that downloads are not compiled in.
pub(super) fn download(
    _: &Release,
    _: &Path,
    _: &DataOptions,
    failures: &mut Vec<Failure>,
) -> Option<Vec<PathBuf>> {
    failures.push(Failure::new("download", MISSING));
    None
}

/// The error message, with the remedy for crates that depend on the facade `kindling`.
const MISSING: &str = concat!(
    "downloads are not compiled in: enable the feature `download`, in Cargo.toml as kindling = { version = \"",
    env!("CARGO_PKG_VERSION"),
    "\", features = [\"download\"] }"
);
