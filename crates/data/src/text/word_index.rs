//! Words by their ranks: the meaning of word ids.

use std::{cmp::Ordering, fmt, fs::File, io::Read, path::Path};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};

use super::options::INDEX_FROM;
use crate::error::DataError;

/// The largest file in bytes: 64 MiB, forty times IMDB's.
const LARGEST: u64 = 1 << 26;

/// The words of a data set by rank; rank 1 is the most frequent word.
///
/// It is serialized as Keras' `*_word_index.json`: a map from words to ranks. The words are stored in one text, in
/// alphabetical order: IMDB's take 2 MB, an eighth of two hash maps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WordIndex {
    /// All words, one after the other.
    text: String,
    /// The end of each word in `text`.
    ends: Vec<usize>,
    /// The rank of each word.
    ranks: Vec<u32>,
    /// The words' indices in order of their ranks; words that share a rank are in alphabetical order.
    by_rank: Vec<u32>,
}

impl WordIndex {
    /// Reads Keras' JSON file at `path`.
    ///
    /// # Errors
    /// [`DataError::Io`] if it cannot be opened, [`DataError::Format`] if it is not a map from words to ranks.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let file = File::open(path).map_err(DataError::io(path))?;
        let mut json = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut json).map_err(DataError::read(path))?;
        if json.len() as u64 > LARGEST {
            return Err(DataError::format(path, format!("it has more than {LARGEST} bytes")));
        }
        serde_json::from_slice(&json)
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
        // A binary search over the places of words, of which there is no slice.
        let (mut start, mut end) = (0, self.len());
        while start < end {
            let middle = start.midpoint(end);
            match self.word_at(middle).cmp(word) {
                Ordering::Less => start = middle + 1,
                Ordering::Equal => return Some(self.ranks[middle]),
                Ordering::Greater => end = middle,
            }
        }
        None
    }

    /// Returns the word of that rank.
    pub fn word(&self, rank: u32) -> Option<&str> {
        let first = self.by_rank.partition_point(|&index| self.ranks[index as usize] < rank);
        let index = *self.by_rank.get(first)? as usize;
        (self.ranks[index] == rank).then(|| self.word_at(index))
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

    fn word_at(&self, index: usize) -> &str {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[index]]
    }

    /// Returns the words with their ranks, in alphabetical order.
    fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        self.ranks.iter().enumerate().map(|(index, &rank)| (self.word_at(index), rank))
    }

    /// Creates the index of words that are all different, in alphabetical order.
    fn from_sorted<'a>(words: impl ExactSizeIterator<Item = (&'a str, u32)>) -> Self {
        let (mut text, mut ends) = (String::new(), Vec::with_capacity(words.len()));
        let mut ranks = Vec::with_capacity(words.len());
        for (word, rank) in words {
            text.push_str(word);
            ends.push(text.len());
            ranks.push(rank);
        }
        let mut by_rank: Vec<u32> = (0..ranks.len() as u32).collect();
        by_rank.sort_unstable_by_key(|&index| (ranks[index as usize], index));
        Self { text, ends, ranks, by_rank }
    }
}

/// Words with their ranks; a rank that two words share stands for the first in alphabetical order, and a word that occurs
/// twice has its last rank.
impl FromIterator<(String, u32)> for WordIndex {
    fn from_iter<I: IntoIterator<Item = (String, u32)>>(words: I) -> Self {
        let mut unsorted = Unsorted::default();
        words.into_iter().for_each(|(word, rank)| unsorted.push(&word, rank));
        unsorted.into_index()
    }
}

/// Words in the order in which they came, in one text.
#[derive(Default)]
struct Unsorted {
    text: String,
    /// The end of each word in `text`, and its rank.
    words: Vec<(usize, u32)>,
}

impl Unsorted {
    fn push(&mut self, word: &str, rank: u32) {
        self.text.push_str(word);
        self.words.push((self.text.len(), rank));
    }

    fn into_index(self) -> WordIndex {
        let mut start = 0;
        let word = |&(end, rank): &(usize, u32)| (&self.text[std::mem::replace(&mut start, end)..end], rank);
        let mut words: Vec<(&str, u32)> = self.words.iter().map(word).collect();
        // Stable, so that the last of equal words is the last one given.
        words.sort_by_key(|(word, _)| *word);
        words.dedup_by(|next, kept| {
            let is_equal = next.0 == kept.0;
            if is_equal {
                kept.1 = next.1;
            }
            is_equal
        });
        WordIndex::from_sorted(words.into_iter())
    }
}

impl<'de> Deserialize<'de> for WordIndex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;

        impl<'de> Visitor<'de> for Words {
            type Value = WordIndex;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("a map from words to ranks")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WordIndex, A::Error> {
                let mut unsorted = Unsorted::default();
                while let Some((word, rank)) = map.next_entry::<String, u32>()? {
                    unsorted.push(&word, rank);
                }
                Ok(unsorted.into_index())
            }
        }

        deserializer.deserialize_map(Words)
    }
}

impl Serialize for WordIndex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
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
