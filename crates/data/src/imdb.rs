//! IMDB: 50,000 film reviews, good and bad, as `keras.datasets.imdb` gives them.
//!
//! Maas, Daly, Pham, Huang, Ng and Potts, "Learning Word Vectors for Sentiment Analysis", ACL 2011,
//! <https://ai.stanford.edu/~amaas/data/sentiment/>; "Deep Learning with Python", section 3.4.

use std::path::PathBuf;

use crate::{
    Alternative, DataChoice, DataError, DataOptions, Located, PublishedFile, Release, Source, SyntheticText,
    TextOptions, Texts, WordIndex, locate, npz::Archive,
};

/// Bad (0) and good (1).
pub const CLASSES: usize = 2;

const MIRRORS: &[&str] = &["https://storage.googleapis.com/tensorflow/tf-keras-datasets/"];

/// What stands in: as many reviews as IMDB has, and as many words.
const STAND_IN: SyntheticText = SyntheticText { samples: 50_000, words: 88_584, classes: CLASSES, seed: 113 };

const STAND_IN_MEANING: &str = "made-up reviews stand in, which are NOT IMDB: \
    they have its form, but no result on them says anything about the real ones";

/// The reviews as Keras published them.
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

/// The words as Keras published them: 88,584.
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
    fallback_meaning: "made-up words stand in",
};

/// The training and the test reviews, shuffled.
#[derive(Clone, Debug)]
pub struct Imdb {
    /// 25,000 reviews to learn from; label 0 is a bad one, 1 a good one.
    pub train: Texts,
    /// 25,000 reviews to test with.
    pub test: Texts,
    /// Where they came from; [`Source::Synthetic`] are not IMDB's.
    pub source: Source,
    /// The file they were read from; none for made-up ones.
    pub files: Vec<PathBuf>,
    /// One line for the user if they are made up.
    pub notice: Option<String>,
}

/// Loads IMDB from wherever `options` allow, and prepares it as `text` says.
///
/// IMDB's terms do not allow to compile any of it in: where it cannot be had, [`SyntheticText`] stands in, and
/// [`Imdb::notice`] says so.
///
/// # Errors
/// Those of [`locate()`]; [`DataError::Argument`] if `text` asks for a test split or for texts that are too short;
/// in files of the user's own also [`DataError::Format`], [`DataError::Unsupported`] and
/// [`DataError::LengthMismatch`], if they are not laid out as IMDB.
pub fn load(text: &TextOptions, options: &DataOptions) -> Result<Imdb, DataError> {
    if let Some(test_split) = text.test_split {
        return Err(DataError::Argument {
            name: "test_split",
            value: test_split.to_string(),
            remedy: "IMDB was published with a test half; leave it out".into(),
        });
    }
    let Located { source, files, notice } = locate(&RELEASE, options)?;
    let parts = match files.first() {
        Some(path) => {
            let mut archive = Archive::open(path)?;
            let train = Texts::read(&mut archive, "x_train", "y_train", CLASSES)?;
            [train, Texts::read(&mut archive, "x_test", "y_test", CLASSES)?]
        }
        None => STAND_IN.texts()?.split_at(STAND_IN.samples / 2).into(),
    };
    let [train, test] = text.prepare(parts, None)?;
    let notice = notice.or_else(|| (source == Source::Synthetic).then(|| STAND_IN_MEANING.into()));
    Ok(Imdb { train, test, source, files, notice })
}

/// The words that the ids of reviews from `source` stand for: `imdb::word_index(imdb.source, &options)`.
///
/// # Errors
/// Those of [`locate()`], and of [`WordIndex::open`] for a file of the user's own. Made-up words stand in for
/// nothing but made-up reviews.
pub fn word_index(source: Source, options: &DataOptions) -> Result<WordIndex, DataError> {
    let choice = if source == Source::Synthetic { DataChoice::Bundled } else { DataChoice::Full };
    match locate(&WORD_INDEX, &options.clone().choice(choice))?.files.first() {
        Some(path) => WordIndex::open(path),
        None => Ok(STAND_IN.word_index()),
    }
}
