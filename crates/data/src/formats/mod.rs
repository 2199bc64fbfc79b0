//! Readers of file formats. What they allocate is bounded by what they have read of a file, not by what its headers announce,
//! and no bytes make them panic.

pub(crate) mod content;
pub mod idx;
pub mod npy;
pub mod npz;
pub mod pickle;
