//! Texts: the sentiment of reviews, the topic of newswires, and the weight of each word.

mod pieces;
mod prepare;
mod topics;

use kindling::{
    data::{Texts, WordIndex},
    evaluation::Verdict,
    prelude::Predictor,
};
use serde::{Deserialize, Serialize};

pub use topics::TOPICS;

use self::pieces::pieces;
use crate::{
    models::{Origin, Trained},
    server::Refusal,
};

/// Size of the vocabulary: the most frequent words are kept.
pub const WORDS: usize = 10_000;

/// Maximum length of a text in bytes, about 2,000 words.
pub const LONGEST: usize = 12_000;

/// A text classifier and its vocabulary.
#[derive(Debug)]
pub struct Reader {
    trained: Trained,
    index: WordIndex,
    examples: Vec<String>,
}

/// A request of the page.
#[derive(Clone, Debug, Deserialize)]
pub struct Question {
    text: String,
}

/// The prediction for a text.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The model's output: the probability of a positive review, or the probability of each topic.
    pub probabilities: Vec<f32>,
    /// Number of distinct words of the text that are in the vocabulary.
    pub known: usize,
    /// The text, split into words and the text between them.
    pub pieces: Vec<Piece>,
}

/// A word, or the text between two words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Piece {
    /// The piece, unchanged.
    pub text: String,
    /// The decrease of the probability of a positive review, or of the most likely topic, when the word is replaced by the
    /// unknown word everywhere in the text. `None` if the word is not in the vocabulary or the piece is not a word.
    pub weight: Option<f32>,
    /// Whether the piece is a word.
    pub is_word: bool,
}

impl Reader {
    /// Returns the origin of the model.
    pub fn origin(&self) -> &Origin {
        &self.trained.origin
    }

    /// Returns the model.
    pub fn predictor(&self) -> &Predictor {
        &self.trained.predictor
    }

    /// Returns the vocabulary.
    pub fn index(&self) -> &WordIndex {
        &self.index
    }

    /// Returns short texts from the test set.
    pub fn examples(&self) -> &[String] {
        &self.examples
    }

    /// Classifies the text of a request. Returns `None` for a text without words.
    ///
    /// # Errors
    /// Returns an error if the text is longer than [`LONGEST`] or the model fails.
    pub fn answer(&self, question: &Question) -> Result<Option<Answer>, Refusal> {
        let text = question.text.as_str();
        if text.len() > LONGEST {
            let length = text.len();
            return Err(Refusal::bad(format!(
                "the text is too long ({length} bytes): give at most {LONGEST}"
            )));
        }
        // Id 1 marks the start of a text.
        let mut ids = vec![1];
        let mut found = Vec::new();
        for (piece, is_word) in pieces(text) {
            let id = is_word.then(|| self.index.encode(piece, WORDS)).and_then(|ids| ids.get(1).copied());
            ids.extend(id);
            found.push((piece, id));
        }
        if ids.len() == 1 {
            return Ok(None);
        }
        let Verdict { predictions, words, .. } =
            Verdict::by(self.predictor(), &ids, |texts: &Texts| texts.multi_hot(WORDS))?;
        let weight = |id: u32| words.iter().find(|(word, _)| *word == id).map(|(_, weight)| *weight);
        let piece = |(text, id): (&str, Option<u32>)| Piece {
            text: text.into(),
            weight: id.and_then(weight),
            is_word: id.is_some(),
        };
        let pieces = found.into_iter().map(piece).collect();
        Ok(Some(Answer { probabilities: predictions, known: words.len(), pieces }))
    }
}
