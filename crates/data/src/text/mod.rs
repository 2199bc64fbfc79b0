//! Texts as sequences of word ids, and their conversion to arrays.

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
