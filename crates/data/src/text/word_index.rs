//! Words by their ranks: the meaning of word ids.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::options::INDEX_FROM;
use crate::error::DataError;

/// The largest file in bytes: 64 MiB, forty times IMDB's.
const LARGEST: u64 = 1 << 26;

/// The words of a data set by rank; rank 1 is the most frequent word.
///
/// It is serialized as Keras' `*_word_index.json`: a map from words to ranks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "HashMap<String, u32>", into = "HashMap<String, u32>")]
pub struct WordIndex {
    ranks: HashMap<String, u32>,
    words: HashMap<u32, String>,
}

impl WordIndex {
    /// Reads Keras' JSON file at `path`.
    ///
    /// # Errors
    /// [`DataError::Io`] if it cannot be opened, [`DataError::Format`] if it is not a map from words to ranks.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let file = File::open(path).map_err(DataError::io(path))?;
        serde_json::from_reader(BufReader::new(file.take(LARGEST)))
            .map_err(|error| DataError::format(path, format!("it is not a map from words to ranks: {error}")))
    }

    /// Returns the number of words.
    pub fn len(&self) -> usize {
        self.ranks.len()
    }

    /// Returns `true` if there are no words.
    pub fn is_empty(&self) -> bool {
        self.ranks.is_empty()
    }

    /// Returns the rank of `word`, 1 for the most frequent.
    pub fn rank(&self, word: &str) -> Option<u32> {
        self.ranks.get(word).copied()
    }

    /// Returns the word of that rank.
    pub fn word(&self, rank: u32) -> Option<&str> {
        self.words.get(&rank).map(String::as_str)
    }

    /// Returns the ids of a text's words as [`TextOptions`](crate::TextOptions) makes them by default: 1 for the start,
    /// then one id per word, 2 for a word that is unknown or whose id is not below `num_words`.
    ///
    /// As in Keras' tokenizer, which made the data sets, words are lowercase and separated by spaces, and punctuation
    /// except the apostrophe is dropped.
    pub fn encode(&self, text: &str, num_words: usize) -> Vec<u32> {
        let id = |word: &str| {
            let id = self.rank(word)?.checked_add(INDEX_FROM)?;
            Some(id).filter(|id| (*id as usize) < num_words)
        };
        let text = text.to_lowercase();
        let words = text.split(|c: char| c.is_whitespace() || (c.is_ascii_punctuation() && c != '\''));
        std::iter::once(1)
            .chain(words.filter(|word| !word.is_empty()).map(|word| id(word).unwrap_or(2)))
            .collect()
    }

    /// Returns the words of `ids`, separated by spaces; `?` for padding, start, and unknown words.
    ///
    /// Ids are ranks plus [`INDEX_FROM`], Keras' default. "Deep Learning with Python", section 3.4.1.
    pub fn decode(&self, ids: &[u32]) -> String {
        let word = |id: &u32| id.checked_sub(INDEX_FROM).and_then(|rank| self.word(rank)).unwrap_or("?");
        ids.iter().map(word).collect::<Vec<_>>().join(" ")
    }
}

/// Words with their ranks; a rank that two words share stands for the first in alphabetical order.
impl FromIterator<(String, u32)> for WordIndex {
    fn from_iter<I: IntoIterator<Item = (String, u32)>>(words: I) -> Self {
        HashMap::from_iter(words).into()
    }
}

impl From<HashMap<String, u32>> for WordIndex {
    fn from(ranks: HashMap<String, u32>) -> Self {
        let mut words: HashMap<u32, String> = HashMap::with_capacity(ranks.len());
        for (word, &rank) in &ranks {
            let known = words.entry(rank).or_insert_with(|| word.clone());
            if word < known {
                known.clone_from(word);
            }
        }
        Self { ranks, words }
    }
}

impl From<WordIndex> for HashMap<String, u32> {
    fn from(index: WordIndex) -> Self {
        index.ranks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> WordIndex {
        [("the", 1), ("film", 7), ("b", 9), ("a", 9)]
            .map(|(word, rank)| (word.into(), rank))
            .into_iter()
            .collect()
    }

    #[test]
    fn ids_are_ranks_from_three_on() {
        let index = index();
        assert_eq!((index.rank("film"), index.word(7), index.rank("book")), (Some(7), Some("film"), None));
        assert_eq!(index.decode(&[1, 4, 10, 2, 0, 3, 12, u32::MAX]), "? the film ? ? ? a ?");
        assert_eq!(index.decode(&[]), "");
    }

    #[test]
    fn words_are_ranks_and_three() {
        let index = index();
        assert_eq!(index.encode("The film, the FILM!", 100), [1, 4, 10, 4, 10]);
        // Unknown, not among the words told apart, or of unknown words only.
        assert_eq!(index.encode("the book", 100), [1, 4, 2]);
        assert_eq!(index.encode("the film", 10), [1, 4, 2]);
        assert_eq!(index.encode("?! xyzzy\n", 100), [1, 2]);
        assert_eq!(index.encode("", 100), [1]);
        assert_eq!(index.decode(&index.encode("the  film\tthe", 100)), "? the film the");
    }

    #[test]
    fn it_is_written_as_keras_writes_it() {
        let json = serde_json::to_string(&index()).unwrap();
        assert!(json.contains(r#""film":7"#), "{json}");
        assert_eq!(serde_json::from_str::<WordIndex>(&json).unwrap(), index());
    }

    #[test]
    fn what_is_no_map_to_ranks_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.json");
        for content in ["", "[1]", r#"{"the": -1}"#, r#"{"the": 4294967296}"#, r#"{"the": 1"#] {
            std::fs::write(&path, content).unwrap();
            let error = WordIndex::open(&path).unwrap_err();
            assert!(matches!(error, DataError::Format { .. }), "{error}");
            assert!(error.to_string().contains("not a map from words to ranks"), "{error}");
        }
    }
}
