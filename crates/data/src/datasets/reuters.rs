//! Reuters: 11,228 newswires of 1987 on 46 topics, as in `keras.datasets.reuters`.
//!
//! Lewis, "Reuters-21578 text categorization test collection, distribution 1.0", 1997,
//! <http://www.daviddlewis.com/resources/testcollections/reuters21578/>; "Deep Learning with Python", section 3.5.
//!
//! # License
//!
//! Reuters-21578 may be used and distributed **for research purposes only**: the copyright of the newswires and
//! annotations resides with Reuters Ltd. Publications that use it are asked to acknowledge this and to call the data set
//! "Reuters-21578, Distribution 1.0". The full terms are in `bundled/reuters/README.md`. To compile a program without the
//! bundled copy, do not enable the feature `bundled-reuters`.

use std::{
    io::{Cursor, Read},
    path::Path,
};

use burn::tensor::{DType, TensorData};

use super::{
    Loaded,
    bundled::bundled_file,
    split_options::{TEST_SPLIT, training_samples},
    text_archive,
};
use crate::{
    error::DataError,
    formats::{
        content::{LARGEST, decompressed},
        npz::Archive,
    },
    sources::{Alternative, DataOptions, PublishedFile, Release, Source, locate},
    text::{Sequences, TextOptions, Texts, WordIndex},
};

/// Number of classes: the topics.
pub const CLASSES: usize = 46;

/// The names of the topics, as returned by `keras.datasets.reuters.get_label_names`.
#[rustfmt::skip]
pub const LABEL_NAMES: [&str; CLASSES] = [
    "cocoa", "grain", "veg-oil", "earn", "acq", "wheat", "copper", "housing", "money-supply", "coffee", "sugar",
    "trade", "reserves", "ship", "cotton", "carcass", "crude", "nat-gas", "cpi", "money-fx", "interest", "gnp",
    "meal-feed", "alum", "oilseed", "gold", "tin", "strategic-metal", "livestock", "retail", "ipi", "iron-steel",
    "rubber", "heat", "jobs", "lei", "bop", "zinc", "orange", "pet-chem", "dlr", "gas", "silver", "wpi", "hog", "lead",
];

/// Vocabulary size of the bundled copy: the most frequent words, ranks 1 to 10,000.
pub const BUNDLED_WORDS: u32 = 10_000;

/// The newswires, as published by Keras.
pub const RELEASE: Release = Release {
    dataset: "reuters",
    alternatives: &[Alternative {
        files: &[PublishedFile {
            name: "reuters.npz",
            sha256: "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916",
        }],
        mirrors: &["https://storage.googleapis.com/tensorflow/tf-keras-datasets/"],
    }],
    fallback: Source::Bundled,
    fallback_meaning: "using the bundled copy, which is complete except for words rarer than the 10,000 most frequent",
};

/// The word index in a directory given by the user. Keras publishes it with an MD5 hash only, so it is not downloaded.
const WORD_INDEX: Release = Release {
    alternatives: &[Alternative {
        files: &[PublishedFile { name: "reuters_word_index.json", sha256: "" }],
        mirrors: &[],
    }],
    ..RELEASE
};

/// Loads Reuters as sequences of word ids, prepared according to `text`: newswires with labels 0 to 45 (see
/// [`LABEL_NAMES`]), shuffled. By default there are 8,982 training and 2,246 test newswires.
///
/// The bundled copy contains all newswires, with a vocabulary of the 10,000 most frequent words ([`BUNDLED_WORDS`]). With
/// `num_words` up to 10,000, the result equals that of the published file. Otherwise rarer words count as unknown, and
/// [`Loaded::notice`] says so. The data set is licensed [for research purposes only](self#license).
///
/// # Errors
/// The errors of [`locate()`]. [`DataError::Argument`] if `text` sets a `maxlen` that no text is shorter than, or a test
/// split outside of `0.0..1.0`. For files in [`DataOptions::dir`] also [`DataError::Format`], [`DataError::Unsupported`],
/// and [`DataError::LengthMismatch`], if they do not have the data set's layout. [`DataError::MissingFeature`] if the
/// bundled copy is needed but not compiled in.
pub fn load(text: &TextOptions, options: &DataOptions) -> Result<Loaded<Texts>, DataError> {
    let test_split = text.test_split.unwrap_or(TEST_SPLIT);
    training_samples(0, test_split)?;
    let mut located = locate(&RELEASE, options)?;
    let (newswires, vocabulary) = match located.files.first() {
        Some(path) => (text_archive::read(&mut Archive::open(path)?, "x", "y", CLASSES)?, None),
        None => (bundled(located.unavailable.as_deref())?, Some(BUNDLED_WORDS + 1)),
    };
    if located.source == Source::Bundled && text.exceeds(BUNDLED_WORDS + 1) {
        let fewer = "the bundled copy of reuters contains only the 10,000 most frequent words, and all others count as unknown: \
            set num_words to 10000";
        located.notice = Some(located.notice.map_or(fewer.into(), |notice| format!("{notice}; {fewer}")));
    }
    let [newswires] = text.prepare([newswires], vocabulary)?;
    let training = training_samples(newswires.len(), test_split)?;
    Ok(Loaded::new(newswires.split_at(training), located, options))
}

/// Returns the word index of newswires loaded from `source`: `reuters::word_index(reuters.source, &options)`.
///
/// In [`DataOptions::dir`] it is the file `reuters_word_index.json`; otherwise it is the bundled list of the 10,000 most
/// frequent words. Some of the bundled ranks differ by one or two from those in Keras' file.
///
/// # Errors
/// With [`DataOptions::dir`], the errors of [`locate()`] and [`WordIndex::open`]. [`DataError::MissingFeature`] if the
/// bundled list is needed but not compiled in.
pub fn word_index(source: Source, options: &DataOptions) -> Result<WordIndex, DataError> {
    if source == Source::Dir
        && let Some(path) = locate(&WORD_INDEX, options)?.files.first()
    {
        return WordIndex::open(path);
    }
    let path = Path::new("bundled/words.txt.gz");
    let mut words = String::new();
    decompressed(bundled_file!("bundled-reuters", "reuters", "words.txt.gz", None)?)
        .and_then(|content| content.take(LARGEST).read_to_string(&mut words))
        .map_err(DataError::read(path))?;
    Ok(words.lines().map(String::from).zip(1..).collect())
}

/// Returns the bundled newswires; see `bundled/reuters/README.md` for how they were made.
fn bundled(unavailable: Option<&str>) -> Result<Texts, DataError> {
    let file = Cursor::new(bundled_file!("bundled-reuters", "reuters", "reuters.npz", unavailable)?);
    let mut archive = Archive::new(file, Path::new("bundled/reuters.npz"))?;
    let mut numbers = |name| -> Result<Vec<u32>, DataError> {
        let path = archive.path_of(name);
        numbers(archive.array(name)?).map_err(|reason| DataError::format(&path, reason))
    };
    let (ranks, lengths, labels) = (numbers("ranks")?, numbers("lengths")?, numbers("labels")?);
    let mut offsets = vec![0];
    offsets.extend(lengths.iter().scan(0, |end, &length| {
        *end += length as usize;
        Some(*end)
    }));
    let labels = labels.into_iter().map(|label| label as i32).collect();
    Ok(Texts { sequences: Sequences::from_parts(ranks, offsets)?, labels })
}

fn numbers(array: TensorData) -> Result<Vec<u32>, String> {
    match array.dtype() {
        DType::U8 | DType::U16 => array.convert::<u32>().try_into_vec().map_err(|error| error.to_string()),
        dtype => Err(format!("it contains {dtype:?} values")),
    }
}
