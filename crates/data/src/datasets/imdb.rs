//! IMDB: 50,000 movie reviews, negative and positive, as `keras.datasets.imdb`.
//!
//! Maas, Daly, Pham, Huang, Ng and Potts, "Learning Word Vectors for Sentiment Analysis", ACL 2011,
//! <https://ai.stanford.edu/~amaas/data/sentiment/>; "Deep Learning with Python", section 3.4.

use super::{Loaded, text_archive};
use crate::{
    error::DataError,
    formats::npz::Archive,
    sources::{Alternative, DataChoice, DataOptions, PublishedFile, Release, Source, locate},
    synthetic::SyntheticText,
    text::{TextOptions, Texts, WordIndex},
};

/// Number of classes: negative (0) and positive (1) reviews.
pub const CLASSES: usize = 2;

const MIRRORS: &[&str] = &["https://storage.googleapis.com/tensorflow/tf-keras-datasets/"];

/// The replacement: as many reviews and words as IMDB's.
const STAND_IN: SyntheticText = SyntheticText { samples: 50_000, words: 88_584, classes: CLASSES, seed: 113 };

const STAND_IN_MEANING: &str = "using synthetic reviews, which are NOT IMDB: \
    they have its form, but results on them say nothing about the real reviews";

/// The reviews, as published by Keras.
pub const RELEASE: Release = Release {
    dataset: "imdb",
    alternatives: &[Alternative {
        files: &[PublishedFile {
            name: "imdb.npz",
            sha256: "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
        }],
        mirrors: MIRRORS,
    }],
    fallback: Source::Synthetic,
    fallback_meaning: STAND_IN_MEANING,
};

/// The 88,584 words, as published by Keras.
pub const WORD_INDEX: Release = Release {
    dataset: "imdb",
    alternatives: &[Alternative {
        files: &[PublishedFile {
            name: "imdb_word_index.json",
            sha256: "027313fe9a320280f3bf0fac5baf58c4a683cf39a7ed9c3d3d3912bde4284cf6",
        }],
        mirrors: MIRRORS,
    }],
    fallback: Source::Synthetic,
    fallback_meaning: "using synthetic words",
};

/// Loads IMDB and prepares it as `text` says: 25,000 training and 25,000 test reviews with label 0 (negative) or 1
/// (positive), shuffled.
///
/// IMDB's terms do not allow bundling it. If it is not available, reviews of [`SyntheticText`] replace it; their source
/// is [`Source::Synthetic`], and [`Loaded::notice`] says so.
///
/// # Errors
/// As [`locate()`]. [`DataError::Argument`] if `text` asks for a test split, or for shorter texts than there are. For
/// files in a directory of the user's own also [`DataError::Format`], [`DataError::Unsupported`] and
/// [`DataError::LengthMismatch`], if they are not laid out as IMDB.
pub fn load(text: &TextOptions, options: &DataOptions) -> Result<Loaded<Texts>, DataError> {
    if let Some(test_split) = text.test_split {
        let remedy = "IMDB was published with a test part; leave the option out";
        return Err(DataError::argument("test_split", test_split, remedy));
    }
    let mut located = locate(&RELEASE, options)?;
    let parts = match located.files.first() {
        Some(path) => {
            let part = |x, y| text_archive::read(&mut Archive::open(path)?, x, y, CLASSES);
            let (train, test) = rayon::join(|| part("x_train", "y_train"), || part("x_test", "y_test"));
            [train?, test?]
        }
        None => STAND_IN.texts()?.split_at(STAND_IN.samples / 2).into(),
    };
    let parts = text.prepare(parts, None)?.into();
    if located.source == Source::Synthetic {
        located.notice.get_or_insert_with(|| STAND_IN_MEANING.into());
    }
    Ok(Loaded::new(parts, located, options))
}

/// Returns the words of the ids of reviews from `source`: `imdb::word_index(imdb.source, &options)`.
///
/// # Errors
/// As [`locate()`], and as [`WordIndex::open`] for a file of the user's own. Synthetic words replace those of synthetic
/// reviews only.
pub fn word_index(source: Source, options: &DataOptions) -> Result<WordIndex, DataError> {
    let choice = if source == Source::Synthetic { DataChoice::Bundled } else { DataChoice::Full };
    match locate(&WORD_INDEX, &options.clone().choice(choice))?.files.first() {
        Some(path) => WordIndex::open(path),
        None => Ok(STAND_IN.word_index()),
    }
}
