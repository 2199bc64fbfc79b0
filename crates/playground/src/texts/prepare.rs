//! The models of sections 3.4 and 3.5, with their vocabularies.

use kindling::{
    data::{Loaded, Source, TextOptions, Texts, WordIndex},
    losses::{BinaryCrossentropy, SparseCategoricalCrossentropy},
    metrics::Accuracy,
    networks,
    optimizers::RmsProp,
    prelude::*,
};

use super::{Reader, WORDS};
use crate::models::{Context, Recipe};

/// Number of texts that the page offers as examples.
const EXAMPLES: usize = 12;

/// Number of words of an example, short enough to read quickly.
const EXAMPLE_WORDS: std::ops::Range<usize> = 15..120;

impl Reader {
    /// Loads IMDB, and loads or trains the model of section 3.4.
    ///
    /// # Errors
    /// Returns an error if the data cannot be loaded or the training fails.
    pub fn of_reviews(context: &Context, report: &dyn Fn(String)) -> anyhow::Result<Self> {
        report("loading IMDB".into());
        let loaded = context.load(|options| imdb::load(&options_of_texts(), options))?;
        let index = context.load(|options| imdb::word_index(loaded.source, options))?;
        let model = networks::imdb(WORDS, 16)
            .compile(RmsProp::default(), BinaryCrossentropy::default(), [Accuracy])
            .seed(context.seed)
            .on(&context.device)?;
        Self::of("ch03_imdb", loaded, index, model, 4, context, report)
    }

    /// Loads Reuters, and loads or trains the model of section 3.5.
    ///
    /// # Errors
    /// Returns an error if the data cannot be loaded or the training fails.
    pub fn of_newswires(context: &Context, report: &dyn Fn(String)) -> anyhow::Result<Self> {
        report("loading Reuters".into());
        let loaded = context.load(|options| reuters::load(&options_of_texts(), options))?;
        let index = context.load(|options| reuters::word_index(loaded.source, options))?;
        let model = networks::reuters(WORDS, [64, 64])
            .compile(RmsProp::default(), SparseCategoricalCrossentropy, [Accuracy])
            .seed(context.seed)
            .on(&context.device)?;
        Self::of("ch03_reuters", loaded, index, model, 9, context, report)
    }

    fn of(
        example: &'static str,
        loaded: Loaded<Texts>,
        index: WordIndex,
        model: Model,
        epochs: usize,
        context: &Context,
        report: &dyn Fn(String),
    ) -> anyhow::Result<Self> {
        let source: Source = loaded.source;
        let examples = examples(&loaded.test, &index);
        let (train, test) = (loaded.train.multi_hot(WORDS)?, loaded.test.multi_hot(WORDS)?);
        let options = FitOptions::new().epochs(epochs).batch_size(512);
        let recipe =
            Recipe { example, figure: "accuracy", model, train: &train, test: &test, options, source };
        Ok(Self { trained: recipe.make(context, report)?, index, examples })
    }
}

fn options_of_texts() -> TextOptions {
    TextOptions::new().num_words(WORDS)
}

/// Returns short texts from the test set, with `?` for words that are not in the vocabulary.
fn examples(test: &Texts, index: &WordIndex) -> Vec<String> {
    let short = test.sequences.iter().filter(|ids| EXAMPLE_WORDS.contains(&ids.len()));
    // The first id marks the start of a text.
    short.take(EXAMPLES).map(|ids| index.decode(&ids[1..])).collect()
}
