//! Texts: the parts of `train_texts` that [`crate::training`] does not share with tables and images.

mod read;
mod sections;
mod words;

pub use read::{TextOptions, read};
pub use sections::sections;
pub use words::{Encoding, Words};
