//! Sources of a data set's files: directories, the cache, and mirrors.

mod cache;
#[cfg(feature = "download")]
mod download;
#[cfg(not(feature = "download"))]
#[path = "no_download.rs"]
mod download;
mod failure;
mod locate;
pub(crate) mod notice;
mod options;
mod release;
#[cfg(feature = "download")]
mod transfer;

pub use locate::{Located, locate};
pub use options::{DataChoice, DataOptions, Source};
pub use release::{Alternative, PublishedFile, Release};
