//! What a model gets right and wrong.

mod classification;
mod verdict;

pub use classification::{Mistake, confusion_matrix, most_confident_mistakes, random_accuracy};
pub use verdict::Verdict;
