//! Texts as sequences of word ids, as `keras.datasets.imdb` and `keras.datasets.reuters` prepare them.

use std::io::{Read, Seek};

use burn::tensor::TensorData;
use serde::{Deserialize, Serialize};

use crate::{
    Column, DataError, PadOptions, Samples, Sequences, npz::Archive, numpy_random::RandomState, pad_sequences,
};

/// Keras' default for the id of a word of rank 0; no word is: ranks begin with 1, the commonest word's.
///
/// By convention 0 is padding, 1 the start of a text, and 2 an unknown word.
pub const INDEX_FROM: u32 = 3;

/// Texts with their labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// The ids of the words of each text.
    pub sequences: Sequences,
    /// The class of each text: `[texts]`.
    pub labels: Vec<i32>,
}

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
    /// Keras' defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only ids below this are kept. By default, and with 0, as in Keras: only ids below the largest one, so that the
    /// rarest word of all is taken for unknown.
    pub fn num_words(mut self, num_words: usize) -> Self {
        self.num_words = (num_words > 0).then_some(num_words);
        self
    }

    /// Only ids from this on are kept, the [start](Self::start_char) not excepted. Default 0.
    pub fn skip_top(mut self, skip_top: usize) -> Self {
        self.skip_top = skip_top;
        self
    }

    /// Only texts shorter than this are kept, their start counted. By default, and with 0, all of them.
    pub fn maxlen(mut self, maxlen: usize) -> Self {
        self.maxlen = (maxlen > 0).then_some(maxlen);
        self
    }

    /// What the order of the texts comes from. Default 113.
    pub fn seed(mut self, seed: u32) -> Self {
        self.seed = seed;
        self
    }

    /// The id that every text starts with. Default `Some(1)`; with `None`, texts start with their first word.
    pub fn start_char(mut self, start_char: Option<u32>) -> Self {
        self.start_char = start_char;
        self
    }

    /// The id of what is not kept. Default `Some(2)`; with `None`, it is left out.
    pub fn oov_char(mut self, oov_char: Option<u32>) -> Self {
        self.oov_char = oov_char;
        self
    }

    /// What is added to a word's rank to make its id. Default [`INDEX_FROM`], 3.
    pub fn index_from(mut self, index_from: u32) -> Self {
        self.index_from = index_from;
        self
    }

    /// Which part of the texts are for testing, from 0 and below 1. Default 0.2.
    ///
    /// For data sets that were published in one part; loading IMDB, which was not, fails with it.
    pub fn test_split(mut self, test_split: f64) -> Self {
        self.test_split = Some(test_split);
        self
    }

    /// Shuffles parts of a data set, one after the other with one generator, and makes ids of their ranks.
    ///
    /// `vocabulary` is the rank from which on ranks stand for unknown words, whatever `num_words` says.
    ///
    /// # Errors
    /// [`DataError::Argument`] if no text of a part is as short as asked for, or an id would not fit.
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
            return Err(argument(
                "maxlen",
                self.maxlen.unwrap_or(0),
                "no text is shorter than that; increase it",
            ));
        }
        let ranks = parts.iter().zip(&orders).flat_map(|(texts, order)| texts.sequences.at(order)).flatten();
        let largest = match ranks.max().map(|rank| rank.checked_add(self.index_from)) {
            Some(None) => {
                return Err(argument(
                    "index_from",
                    self.index_from,
                    "with the largest rank it is above 2^32",
                ));
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

    /// Whether more than the ranks below `vocabulary` are asked for.
    pub(crate) fn exceeds(&self, vocabulary: u32) -> bool {
        let most = u64::from(vocabulary) + u64::from(self.index_from);
        self.num_words.is_none_or(|num_words| num_words as u64 > most)
    }

    fn is_short(&self, ranks: Option<&[u32]>) -> bool {
        let start = usize::from(self.start_char.is_some());
        self.maxlen.is_none_or(|maxlen| ranks.is_some_and(|ranks| ranks.len() + start < maxlen))
    }

    /// The texts in that order, as ids, with those that are not below `num_words` replaced.
    fn encode(&self, texts: Texts, order: &[usize], num_words: u64) -> Texts {
        let skip_top = self.skip_top as u64;
        let kept_or_unknown = |id: u32| match (skip_top..num_words).contains(&id.into()) {
            true => Some(id),
            false => self.oov_char,
        };
        let mut sequences =
            Sequences::with_capacity(order.len(), texts.sequences.tokens().len() + order.len());
        for ranks in texts.sequences.at(order) {
            let ids = ranks.iter().map(|rank| rank + self.index_from);
            sequences.push(self.start_char.into_iter().chain(ids).filter_map(kept_or_unknown));
        }
        Texts { sequences, labels: order.iter().map(|&text| texts.labels[text]).collect() }
    }
}

impl Texts {
    /// Number of texts.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Each text as the multi-hot vector of its words, `[dimension]`, and its class: ready for `fit`. The vectors are
    /// never made.
    ///
    /// # Errors
    /// [`DataError::Argument`] if an id is not below `dimension`.
    pub fn multi_hot(&self, dimension: usize) -> Result<Samples, DataError> {
        Samples::new(Column::multi_hot(self.sequences.iter(), dimension)?, self.classes()?)
    }

    /// Each text as the ids of its words at one length, and its class: ready for `fit` with an embedding.
    ///
    /// # Errors
    /// Those of [`pad_sequences`].
    pub fn padded(&self, options: &PadOptions) -> Result<Samples, DataError> {
        Samples::new(Column::ids(pad_sequences(&self.sequences, options)?)?, self.classes()?)
    }

    fn classes(&self) -> Result<Column, DataError> {
        Column::classes(TensorData::new(self.labels.clone(), [self.len()]))
    }

    /// The first `count` texts, and the others.
    pub(crate) fn split_at(self, count: usize) -> (Self, Self) {
        let (mut first, mut others) = (self.labels, Vec::new());
        others.extend(first.drain(count.min(first.len())..));
        let part = |range, labels| Self { sequences: self.sequences.slice(range), labels };
        (part(0..count, first), part(count..usize::MAX, others))
    }

    /// Reads the arrays `x`, lists of ranks, and `y`, classes below `classes`.
    ///
    /// # Errors
    /// Those of [`Archive::lists`] and [`Archive::array`]; [`DataError::LengthMismatch`];
    /// [`DataError::Unsupported`] if there are no texts, or labels are no classes.
    pub(crate) fn read<R: Read + Seek>(
        archive: &mut Archive<R>,
        x: &str,
        y: &str,
        classes: usize,
    ) -> Result<Self, DataError> {
        let (x_path, y_path) = (archive.path_of(x), archive.path_of(y));
        let sequences = archive.lists(x)?;
        let labels = archive.array(y)?;
        let (shape, dtype) = (labels.shape().to_vec(), labels.dtype());
        if shape.len() != 1 || !(dtype.is_int() || dtype.is_uint()) {
            let reason =
                format!("it holds {dtype:?} values of shape {shape:?}, labels are integers of shape [n]");
            return Err(DataError::unsupported(&y_path, reason));
        }
        if shape[0] != sequences.len() {
            let what = format!("{} and {}", x_path.display(), y_path.display());
            return Err(DataError::LengthMismatch { what, left: sequences.len(), right: shape[0] });
        }
        if sequences.is_empty() {
            return Err(DataError::unsupported(&x_path, "it holds no texts"));
        }
        let labels =
            labels_below(classes, labels).map_err(|reason| DataError::unsupported(&y_path, reason))?;
        Ok(Self { sequences, labels })
    }
}

/// Integers of any type as classes, or what is wrong with them.
fn labels_below(classes: usize, labels: TensorData) -> Result<Vec<i32>, String> {
    let labels = labels.convert::<i64>().try_into_vec::<i64>().map_err(|error| error.to_string())?;
    match labels.iter().position(|label| !(0..classes as i64).contains(label)) {
        None => Ok(labels.into_iter().map(|label| label as i32).collect()),
        Some(index) => Err(format!("label {index} is {}, labels are 0 to {}", labels[index], classes - 1)),
    }
}

fn argument(name: &'static str, value: impl ToString, remedy: &str) -> DataError {
    DataError::Argument { name, value: value.to_string(), remedy: remedy.into() }
}
