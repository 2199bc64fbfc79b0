//! Texts: the sentiment of reviews, the topics of newswires, and the words that decide them.

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

/// The size of the vocabulary: the most frequent words.
pub const WORDS: usize = 10_000;

/// The length of the longest text, in bytes: some 2,000 words.
pub const LONGEST: usize = 12_000;

/// A model of texts, and the words that it knows.
#[derive(Debug)]
pub struct Reader {
    trained: Trained,
    index: WordIndex,
    examples: Vec<String>,
}

/// What the page asks about.
#[derive(Clone, Debug, Deserialize)]
pub struct Question {
    text: String,
}

/// What a model makes of a text.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The model's output: the probability of a positive review, or that of each topic.
    pub probabilities: Vec<f32>,
    /// The number of different words of the text that the model knows.
    pub known: usize,
    /// The text: words, and what is between them.
    pub pieces: Vec<Piece>,
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Piece {
    /// The piece as it was typed.
    pub text: String,
    /// By how much the probability of the likeliest output is higher with the word than without it. None if the model does not
    /// know the word, or if it is none.
    pub weight: Option<f32>,
    /// Whether it is a word.
    pub is_word: bool,
}

impl Reader {
    /// Where the model comes from.
    pub fn origin(&self) -> &Origin {
        &self.trained.origin
    }

    /// The model.
    pub fn predictor(&self) -> &Predictor {
        &self.trained.predictor
    }

    /// The words that the model was trained with.
    pub fn index(&self) -> &WordIndex {
        &self.index
    }

    /// Texts of the test set.
    pub fn examples(&self) -> &[String] {
        &self.examples
    }

    /// Answers a question; `None` for a text without words.
    ///
    /// # Errors
    /// If the text is longer than [`LONGEST`], or the model fails.
    pub fn answer(&self, question: &Question) -> Result<Option<Answer>, Refusal> {
        let text = question.text.as_str();
        if text.len() > LONGEST {
            let length = text.len();
            return Err(Refusal::bad(format!("the text has {length} bytes: give at most {LONGEST}")));
        }
        // The first id stands for the start of a text.
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
