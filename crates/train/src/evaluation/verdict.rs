//! What a model makes of one text, and which of its words that rests on.

use kindling_data::{DataError, INDEX_FROM, Samples, Sequences, Texts};
use kindling_models::Network;

use crate::{Model, Predictor, TrainError};

/// A model's verdict on one text.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The model's output, `[units]`.
    pub predictions: Vec<f32>,
    /// The place of its largest value: the likeliest class.
    pub likeliest: usize,
    /// For each word of the text, once, how much that value falls when the word is taken for unknown; those that
    /// weigh most first, whichever way. Empty if the model knows none of the words.
    pub words: Vec<(u32, f32)>,
}

impl Verdict {
    /// Asks `model` about a text, given as the ids of its words, and about the text without each of its words.
    ///
    /// `vectorise` makes samples of texts as was done for training: `|texts| texts.multi_hot(10_000)`. Ids below
    /// [`INDEX_FROM`] stand for no word: padding, the start, and unknown ones.
    ///
    /// # Errors
    /// When `vectorise` fails, or makes samples that the network does not take.
    pub fn on<N: Network>(
        model: &Model<N>,
        ids: &[u32],
        vectorise: impl Fn(&Texts) -> Result<Samples, DataError>,
    ) -> Result<Self, TrainError> {
        Self::by(&model.predictor(), ids, vectorise)
    }

    /// As [`on`](Self::on), from a predictor.
    ///
    /// # Errors
    /// As [`on`](Self::on).
    pub fn by<N: Network>(
        predictor: &Predictor<N>,
        ids: &[u32],
        vectorise: impl Fn(&Texts) -> Result<Samples, DataError>,
    ) -> Result<Self, TrainError> {
        let mut words: Vec<u32> = ids.iter().copied().filter(|id| *id >= INDEX_FROM).collect();
        words.sort_unstable();
        words.dedup();
        let predict = |words: &[Option<u32>]| -> Result<Vec<f32>, TrainError> {
            let mut sequences = Sequences::default();
            for word in words {
                sequences.push(ids.iter().map(|id| if Some(*id) == *word { UNKNOWN } else { *id }));
            }
            let texts = Texts { labels: vec![0; sequences.len()], sequences };
            Ok(predictor.predict(&vectorise(&texts)?)?.iter().collect())
        };
        let own = predict(&[None])?;
        let likeliest = (0..own.len()).max_by(|a, b| own[*a].total_cmp(&own[*b])).unwrap_or(0);
        // So many copies of the text at a time that memory is bounded, whatever its length.
        let together = (MOST_IDS / ids.len().max(1)).max(1);
        let mut falls = Vec::with_capacity(words.len());
        for words in words.chunks(together) {
            let without = predict(&words.iter().copied().map(Some).collect::<Vec<_>>())?;
            falls.extend(without.chunks(own.len().max(1)).map(|without| own[likeliest] - without[likeliest]));
        }
        let mut words: Vec<(u32, f32)> = words.into_iter().zip(falls).collect();
        words.sort_by(|(_, a), (_, b)| b.abs().total_cmp(&a.abs()));
        Ok(Self { predictions: own, likeliest, words })
    }
}

/// Ids of the texts that are predicted together: 4 MB.
const MOST_IDS: usize = 1 << 20;

/// Keras' id of a word that is not among those told apart.
const UNKNOWN: u32 = 2;
