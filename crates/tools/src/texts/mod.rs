//! Texts: what `train_texts` does beside what all trainings have in common.

mod read;
mod sections;
mod words;

pub use read::{TextOptions, read};
pub use sections::sections;
pub use words::{Encoding, Words};
