//! Readers of file formats. They never allocate more than a file's content, and never panic on any bytes.

pub(crate) mod content;
pub mod idx;
pub mod npy;
pub mod npz;
pub mod pickle;
