//! Evaluation of classifiers: confusion matrices, misclassified samples, and the influence of words.

mod classification;
mod verdict;

pub use crate::argmax::argmax;
pub use classification::{Mistake, confusion_matrix, most_confident_mistakes, random_accuracy};
pub use verdict::Verdict;
