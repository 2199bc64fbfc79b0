//! Texts as lists of word ids, and the arrays that networks read.

mod options;
mod sequences;
mod texts;
mod vectorization;
mod vectorize;
mod word_index;

pub use options::{INDEX_FROM, TextOptions};
pub use sequences::Sequences;
pub use texts::Texts;
pub use vectorization::TextVectorization;
pub(crate) use vectorization::for_each_word;
pub use vectorize::{End, PadOptions, multi_hot, pad_sequences};
pub use word_index::WordIndex;
