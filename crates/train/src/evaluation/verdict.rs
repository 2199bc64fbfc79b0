//! What a model makes of one text, and which of its words that rests on.

use kindling_data::{DataError, INDEX_FROM, Samples, Sequences, Texts};
use kindling_models::Network;

use crate::{Model, TrainError};

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
        let mut words: Vec<u32> = ids.iter().copied().filter(|id| *id >= INDEX_FROM).collect();
        words.sort_unstable();
        words.dedup();
        let mut sequences = Sequences::default();
        sequences.push(ids.iter().copied());
        for word in &words {
            sequences.push(ids.iter().map(|id| if id == word { UNKNOWN } else { *id }));
        }
        let texts = Texts { labels: vec![0; sequences.len()], sequences };
        let predictions = model.predict(&vectorise(&texts)?)?;
        let predictions: Vec<f32> = predictions.iter().collect();
        let mut outputs = predictions.chunks(predictions.len() / texts.len());

        let own = outputs.next().unwrap_or_default().to_vec();
        let likeliest = (0..own.len()).max_by(|a, b| own[*a].total_cmp(&own[*b])).unwrap_or(0);
        let fall = |(word, without): (u32, &[f32])| (word, own[likeliest] - without[likeliest]);
        let mut words: Vec<(u32, f32)> = words.into_iter().zip(outputs).map(fall).collect();
        words.sort_by(|(_, a), (_, b)| b.abs().total_cmp(&a.abs()));
        Ok(Self { predictions: own, likeliest, words })
    }
}

/// Keras' id of a word that is not among those told apart.
const UNKNOWN: u32 = 2;
