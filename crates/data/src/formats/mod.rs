//! Readers of file formats. They never panic, and their allocations are bounded by the number of bytes read, not by the
//! sizes in a file's header.

pub(crate) mod content;
pub mod idx;
pub mod npy;
pub mod npz;
pub mod pickle;
