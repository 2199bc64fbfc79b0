//! Texts with their labels.

use super::{
    sequences::Sequences,
    vectorize::{PadOptions, pad_sequences},
};
use crate::{
    error::DataError,
    samples::{Column, Samples},
};

/// Texts as sequences of word ids, with their labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// The word ids of each text.
    pub sequences: Sequences,
    /// The label (class index) of each text: `[texts]`.
    pub labels: Vec<i32>,
}

impl Texts {
    /// Returns the number of texts.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Returns `true` if there are no texts.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Converts the texts to samples: sparse multi-hot vectors `[texts, dimension]` of their words as the input, and the
    /// labels as the target.
    ///
    /// # Errors
    /// [`DataError::Argument`] if an id is not below `dimension`.
    pub fn multi_hot(&self, dimension: usize) -> Result<Samples, DataError> {
        Samples::new(Column::multi_hot(self.sequences.iter(), dimension)?, self.classes()?)
    }

    /// Converts the texts to samples: word ids for an embedding, padded to one length `[texts, maxlen]`, as the input, and the
    /// labels as the target.
    ///
    /// # Errors
    /// The errors of [`pad_sequences`].
    pub fn padded(&self, options: &PadOptions) -> Result<Samples, DataError> {
        Samples::new(Column::ids(pad_sequences(&self.sequences, options)?)?, self.classes()?)
    }

    fn classes(&self) -> Result<Column, DataError> {
        Column::classes(self.labels.as_slice())
    }

    /// Splits the texts into the first `count` and the remaining ones.
    pub(crate) fn split_at(self, count: usize) -> (Self, Self) {
        let (mut first, mut others) = (self.labels, Vec::new());
        others.extend(first.drain(count.min(first.len())..));
        let part = |range, labels| Self { sequences: self.sequences.slice(range), labels };
        (part(0..count, first), part(count..usize::MAX, others))
    }
}
