//! Options of Keras' text data sets.

use serde::{Deserialize, Serialize};

use super::{sequences::Sequences, texts::Texts};
use crate::{error::DataError, random::numpy::RandomState};

/// Keras' default offset from ranks to ids. Rank 1 is the most frequent word.
///
/// By convention, id 0 is padding, id 1 the start of a text, and id 2 an unknown word.
pub const INDEX_FROM: u32 = 3;

/// The arguments of Keras' `load_data`, with its defaults.
///
/// ```
/// use kindling_data::TextOptions;
///
/// let options = TextOptions::new().num_words(10_000).maxlen(500);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TextOptions {
    num_words: Option<usize>,
    skip_top: usize,
    maxlen: Option<usize>,
    seed: u32,
    start_char: Option<u32>,
    oov_char: Option<u32>,
    index_from: u32,
    pub(crate) test_split: Option<f64>,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self {
            num_words: None,
            skip_top: 0,
            maxlen: None,
            seed: 113,
            start_char: Some(1),
            oov_char: Some(2),
            index_from: INDEX_FROM,
            test_split: None,
        }
    }
}

impl TextOptions {
    /// Creates options with Keras' defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps only ids below `num_words`; others count as unknown. Default, also with 0: the largest id in the data set, so
    /// that, as in Keras, the rarest word counts as unknown.
    pub fn num_words(mut self, num_words: usize) -> Self {
        self.num_words = (num_words > 0).then_some(num_words);
        self
    }

    /// Keeps only ids of at least `skip_top`. This also applies to the [start id](Self::start_char). Default: 0.
    pub fn skip_top(mut self, skip_top: usize) -> Self {
        self.skip_top = skip_top;
        self
    }

    /// Keeps only texts shorter than `maxlen`, including the start id. Default, also with 0: all texts.
    pub fn maxlen(mut self, maxlen: usize) -> Self {
        self.maxlen = (maxlen > 0).then_some(maxlen);
        self
    }

    /// Sets the seed that shuffles the texts. Default: 113.
    pub fn seed(mut self, seed: u32) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the id at the start of every text. Default: `Some(1)`. With `None`, texts start with their first word.
    pub fn start_char(mut self, start_char: Option<u32>) -> Self {
        self.start_char = start_char;
        self
    }

    /// Sets the id that replaces unknown words. Default: `Some(2)`. With `None`, they are removed.
    pub fn oov_char(mut self, oov_char: Option<u32>) -> Self {
        self.oov_char = oov_char;
        self
    }

    /// Sets the offset from ranks to ids. Default: [`INDEX_FROM`], 3.
    pub fn index_from(mut self, index_from: u32) -> Self {
        self.index_from = index_from;
        self
    }

    /// Sets the fraction of the samples in the test set, at least 0 and below 1. Default: 0.2.
    ///
    /// IMDB is published with a test set: loading it with this option is an error.
    pub fn test_split(mut self, test_split: f64) -> Self {
        self.test_split = Some(test_split);
        self
    }

    /// Shuffles the training and test sets, in turn with the same generator, and converts ranks to ids.
    ///
    /// Ranks of at least `vocabulary` are unknown words, regardless of `num_words`.
    ///
    /// # Errors
    /// [`DataError::Argument`] if a set has no text shorter than `maxlen`, or an id does not fit into 32 bits.
    pub(crate) fn prepare<const PARTS: usize>(
        &self,
        parts: [Texts; PARTS],
        vocabulary: Option<u32>,
    ) -> Result<[Texts; PARTS], DataError> {
        let mut generator = RandomState::new(self.seed);
        let orders = parts.each_ref().map(|texts| {
            let mut order = generator.permutation(texts.len());
            order.retain(|&text| self.is_short(texts.sequences.get(text)));
            order
        });
        if orders.iter().any(Vec::is_empty) {
            let remedy = "no text is shorter; increase it";
            return Err(DataError::argument("maxlen", self.maxlen.unwrap_or(0), remedy));
        }
        let kept = parts.iter().zip(&orders).flat_map(|(texts, order)| texts.sequences.at(order));
        // The maximum of each text is computed first, because the loop over a slice is vectorized.
        let largest = kept.filter_map(|ranks| ranks.iter().copied().max()).max();
        let largest = match largest.map(|rank| rank.checked_add(self.index_from)) {
            Some(None) => {
                let remedy = "ids exceed 32 bits; reduce it";
                return Err(DataError::argument("index_from", self.index_from, remedy));
            }
            Some(largest) => largest.max(self.start_char),
            None => self.start_char,
        };
        let mut num_words = match self.num_words {
            None => largest.unwrap_or(0).into(),
            Some(num_words) => num_words as u64,
        };
        if let Some(vocabulary) = vocabulary {
            num_words = num_words.min(u64::from(vocabulary) + u64::from(self.index_from));
        }
        let mut orders = orders.into_iter();
        Ok(parts.map(|texts| self.encode(texts, &orders.next().unwrap_or_default(), num_words)))
    }

    /// Returns `true` if the options keep ranks of at least `vocabulary`.
    pub(crate) fn exceeds(&self, vocabulary: u32) -> bool {
        let most = u64::from(vocabulary) + u64::from(self.index_from);
        self.num_words.is_none_or(|num_words| num_words as u64 > most)
    }

    fn is_short(&self, ranks: Option<&[u32]>) -> bool {
        let start = usize::from(self.start_char.is_some());
        self.maxlen.is_none_or(|maxlen| ranks.is_some_and(|ranks| ranks.len() + start < maxlen))
    }

    /// Returns the texts in the given order as ids, with unknown words replaced.
    fn encode(&self, texts: Texts, order: &[usize], num_words: u64) -> Texts {
        let skip_top = self.skip_top as u64;
        let is_kept = |id: u32| (skip_top..num_words).contains(&id.into());
        let start = self.start_char.and_then(|start| Some(start).filter(|id| is_kept(*id)).or(self.oov_char));
        let mut sequences =
            Sequences::with_capacity(order.len(), texts.sequences.tokens().len() + order.len());
        for ranks in texts.sequences.at(order) {
            let ids = ranks.iter().map(|rank| rank + self.index_from);
            let start = start.into_iter();
            match self.oov_char {
                Some(unknown) => {
                    sequences.push(start.chain(ids.map(|id| if is_kept(id) { id } else { unknown })));
                }
                None => sequences.push(start.chain(ids.filter(|id| is_kept(*id)))),
            }
        }
        Texts { sequences, labels: order.iter().map(|&text| texts.labels[text]).collect() }
    }
}
