#![doc = include_str!("../README.md")]

mod categorical;
mod column;
mod content;
mod download;
mod error;
pub mod files;
pub mod idx;
mod locate;
pub mod mnist;
pub mod npy;
pub mod npz;
pub mod random;
mod samples;
mod shape;
mod source;
pub mod splits;

pub use categorical::to_categorical;
pub use column::Column;
pub use error::DataError;
pub use locate::{Alternative, Located, PublishedFile, Release, locate};
pub use samples::{Batch, Samples};
pub use shape::IntoShape;
pub use source::{DataChoice, DataOptions, Source};
