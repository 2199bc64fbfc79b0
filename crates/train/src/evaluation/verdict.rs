//! The prediction for a text, and the influence of its words.

use kindling_data::{DataError, INDEX_FROM, Samples, Sequences, Texts};
use kindling_models::Network;

use crate::{Model, Predictor, TrainError, argmax::argmax};

/// The prediction of a model for a text, with the influence of each word.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Predictions of the model, `[units]`.
    pub predictions: Vec<f32>,
    /// Index of the largest prediction: the most likely class.
    pub likeliest: usize,
    /// Each distinct word of the text, with the decrease of the largest prediction when the word is replaced by the
    /// unknown word. Sorted by absolute influence, largest first. Empty if the model knows none of the words.
    pub words: Vec<(u32, f32)>,
}

impl Verdict {
    /// Predicts a text, given as word ids, with `model`, and again with each word replaced by the unknown word.
    ///
    /// `vectorize` converts texts to samples in the same way as for training, such as
    /// `|texts| texts.multi_hot(10_000)`. Ids below [`INDEX_FROM`] are not words: padding, start of text, and unknown
    /// word.
    ///
    /// # Errors
    /// Returns an error if `vectorize` fails, or its samples do not fit the network.
    pub fn on<N: Network>(
        model: &Model<N>,
        ids: &[u32],
        vectorize: impl Fn(&Texts) -> Result<Samples, DataError>,
    ) -> Result<Self, TrainError> {
        Self::by(&model.predictor(), ids, vectorize)
    }

    /// Predicts a text like [`on`](Self::on), with a predictor.
    ///
    /// # Errors
    /// See [`on`](Self::on).
    pub fn by<N: Network>(
        predictor: &Predictor<N>,
        ids: &[u32],
        vectorize: impl Fn(&Texts) -> Result<Samples, DataError>,
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
            Ok(predictor.predict(&vectorize(&texts)?)?.iter().collect())
        };
        let own = predict(&[None])?;
        let likeliest = argmax(&own).unwrap_or(0);
        // Predict the copies of the text in groups, to bound memory for long texts.
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

/// Maximum number of word ids that are predicted together: 4 MiB.
const MOST_IDS: usize = 1 << 20;

/// Keras' id of the unknown word (out of vocabulary).
const UNKNOWN: u32 = 2;
