//! Conversion of raw texts to word ids and multi-hot vectors.

use std::collections::HashMap;

use burn::tensor::TensorData;
use serde::{Deserialize, Serialize};

use super::{End, PadOptions, Sequences, pad_sequences};
use crate::{error::DataError, samples::Column};

/// Converts texts to word ids with a vocabulary of the most frequent words, like Keras' `TextVectorization`.
///
/// Texts are converted to lowercase, ASCII punctuation is removed, and words are separated by whitespace. Id 0 is padding,
/// id 1 an unknown word (`[UNK]`), and id 2 the most frequent word. Equally frequent words are in descending order, as in
/// Keras. Unlike in Keras, which converts ASCII letters only, conversion to lowercase follows Unicode.
///
/// ```
/// use kindling_data::TextVectorization;
///
/// let mut vectorization = TextVectorization::new().max_tokens(4);
/// vectorization.adapt(["The cat sat.", "The dog, the cat!"]);
/// assert_eq!(vectorization.vocabulary(), ["the", "cat"]);
/// assert_eq!(vectorization.sequence("A cat"), [1, 3]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct TextVectorization {
    max_tokens: Option<usize>,
    vocabulary: Vec<String>,
    ids: HashMap<String, u32>,
}

/// The id of a word that is not in the vocabulary.
const UNKNOWN: u32 = 1;
/// The id of the first word of the vocabulary.
const FIRST: u32 = 2;

impl TextVectorization {
    /// Creates a vectorization with an empty vocabulary.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the maximum number of ids, including padding and unknown words. Default: no limit.
    pub fn max_tokens(self, max_tokens: usize) -> Self {
        Self { max_tokens: Some(max_tokens), ..self }
    }

    /// Builds the vocabulary from texts, replacing the current one.
    pub fn adapt<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for text in texts {
            for_each_word(text, |word| match counts.get_mut(word) {
                Some(count) => *count += 1,
                None => {
                    counts.insert(word.to_owned(), 1);
                }
            });
        }
        let mut ranked: Vec<(usize, String)> =
            counts.into_iter().map(|(word, count)| (count, word)).collect();
        ranked.sort_unstable_by(|one, other| other.cmp(one));
        let most = self.max_tokens.map_or(usize::MAX, |most| most.saturating_sub(FIRST as usize));
        ranked.truncate(most);
        self.set_vocabulary(ranked.into_iter().map(|(_, word)| word).collect());
    }

    fn set_vocabulary(&mut self, vocabulary: Vec<String>) {
        self.ids = vocabulary.iter().cloned().zip(FIRST..).collect();
        self.vocabulary = vocabulary;
    }

    /// Returns the words in the order of their ids, which start at 2.
    pub fn vocabulary(&self) -> &[String] {
        &self.vocabulary
    }

    /// Returns the number of ids: the vocabulary size plus padding and unknown words.
    pub fn ids(&self) -> usize {
        self.vocabulary.len() + FIRST as usize
    }

    /// Returns the ids of a text's words.
    pub fn sequence(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        for_each_word(text, |word| ids.push(self.ids.get(word).copied().unwrap_or(UNKNOWN)));
        ids
    }

    /// Returns the ids of each text's words, truncated or padded with 0 at the end: ids `[texts, length]`, like Keras'
    /// `output_mode="int"` with `output_sequence_length`.
    ///
    /// # Errors
    /// [`DataError::Argument`] if `length` is 0, or the array does not fit in memory.
    pub fn padded<'a>(
        &self,
        texts: impl IntoIterator<Item = &'a str>,
        length: usize,
    ) -> Result<Column, DataError> {
        let mut sequences = Sequences::new();
        texts.into_iter().for_each(|text| sequences.push(self.sequence(text)));
        let options = PadOptions::new().maxlen(length).padding(End::Post).truncating(End::Post);
        let ids: TensorData = pad_sequences(&sequences, &options)?;
        Column::ids(ids)
    }

    /// Returns the words of each text as multi-hot vectors `[texts, ids - 1]`, like Keras' `output_mode="multi_hot"`. The first
    /// feature represents unknown words.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the vectors do not fit in memory.
    pub fn multi_hot<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> Result<Column, DataError> {
        let features = texts.into_iter().map(|text| {
            let mut features: Vec<u32> = self.sequence(text).into_iter().map(|id| id - 1).collect();
            features.sort_unstable();
            features.dedup();
            features
        });
        Column::multi_hot(features.collect::<Vec<_>>(), self.ids() - 1)
    }
}

/// Calls `each` with the words of a text, in lowercase and without punctuation.
pub(crate) fn for_each_word(text: &str, mut each: impl FnMut(&str)) {
    let lower = text.to_lowercase();
    let mut plain = String::new();
    for word in lower.split_whitespace() {
        plain.clear();
        plain.extend(word.chars().filter(|character| !character.is_ascii_punctuation()));
        if !plain.is_empty() {
            each(&plain);
        }
    }
}

/// The serialized form, without the ids, which follow from the vocabulary.
#[derive(Serialize, Deserialize)]
struct Stored {
    max_tokens: Option<usize>,
    vocabulary: Vec<String>,
}

impl From<Stored> for TextVectorization {
    fn from(stored: Stored) -> Self {
        let mut vectorization = Self { max_tokens: stored.max_tokens, ..Self::default() };
        vectorization.set_vocabulary(stored.vocabulary);
        vectorization
    }
}

impl From<TextVectorization> for Stored {
    fn from(vectorization: TextVectorization) -> Self {
        Self { max_tokens: vectorization.max_tokens, vocabulary: vectorization.vocabulary }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values: `TextVectorization(output_mode=..)` of Keras 3.15, adapted to the same texts.
    #[test]
    fn ids_equal_those_of_keras() {
        let texts = ["b a, c!", "A b.", "It's  d\n e"];
        let mut vectorization = TextVectorization::new();
        vectorization.adapt(texts);
        assert_eq!(vectorization.vocabulary(), ["b", "a", "its", "e", "d", "c"]);
        assert_eq!(vectorization.sequence("A b? unknown"), [3, 2, 1]);
        assert_eq!(
            vectorization.padded(["a", "c b a e"], 3).unwrap().integers().unwrap(),
            [3, 0, 0, 7, 2, 3]
        );
        let multi_hot = vectorization.multi_hot(["b b zz", ""]).unwrap();
        let expected = vec![1.0_f32, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert_eq!(multi_hot.data().try_into_vec::<f32>().unwrap(), expected);
    }

    #[test]
    fn the_vocabulary_is_limited_and_saved() {
        let mut vectorization = TextVectorization::new().max_tokens(3);
        vectorization.adapt(["a b b"]);
        assert_eq!((vectorization.vocabulary(), vectorization.ids()), (&["b".to_owned()][..], 3));
        let text = serde_json::to_string(&vectorization).unwrap();
        assert_eq!(serde_json::from_str::<TextVectorization>(&text).unwrap(), vectorization);
    }
}
