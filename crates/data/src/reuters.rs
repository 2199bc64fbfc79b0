//! Reuters: 11,228 newswires of 1987 on 46 topics, as `keras.datasets.reuters` gives them.
//!
//! Lewis, "Reuters-21578 text categorization test collection, distribution 1.0", 1997,
//! <http://www.daviddlewis.com/resources/testcollections/reuters21578/>; "Deep Learning with Python", section 3.5.

use std::{
    io::{Cursor, Read},
    path::{Path, PathBuf},
};

use burn::tensor::{DType, TensorData};

use crate::{
    Alternative, DataError, DataOptions, Located, PublishedFile, Release, Sequences, Source, TextOptions,
    Texts, WordIndex,
    content::{LARGEST, decompressed},
    locate,
    npz::Archive,
    split_options::{TEST_SPLIT, training_samples},
};

/// Topics to tell apart.
pub const CLASSES: usize = 46;

/// What the labels stand for, as `keras.datasets.reuters.get_label_names` has it.
#[rustfmt::skip]
pub const LABEL_NAMES: [&str; CLASSES] = [
    "cocoa", "grain", "veg-oil", "earn", "acq", "wheat", "copper", "housing", "money-supply", "coffee", "sugar",
    "trade", "reserves", "ship", "cotton", "carcass", "crude", "nat-gas", "cpi", "money-fx", "interest", "gnp",
    "meal-feed", "alum", "oilseed", "gold", "tin", "strategic-metal", "livestock", "retail", "ipi", "iron-steel",
    "rubber", "heat", "jobs", "lei", "bop", "zinc", "orange", "pet-chem", "dlr", "gas", "silver", "wpi", "hog", "lead",
];

/// How many words the newswires that are compiled in tell apart: the commonest, ranks 1 to this.
pub const BUNDLED_WORDS: u32 = 10_000;

/// The newswires as Keras published them.
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
    fallback_meaning: "the bundled newswires stand in, complete but for words rarer than the 10,000 commonest",
};

/// The words of newswires in a folder of one's own. Keras publishes them with an MD5 hash only, so they are not
/// downloaded.
const WORD_INDEX: Release = Release {
    alternatives: &[Alternative {
        files: &[PublishedFile { name: "reuters_word_index.json", sha256: "" }],
        mirrors: &[],
    }],
    ..RELEASE
};

/// The training and the test newswires, shuffled.
#[derive(Clone, Debug)]
pub struct Reuters {
    /// 8,982 newswires to learn from; labels are 0 to 45, see [`LABEL_NAMES`].
    pub train: Texts,
    /// 2,246 newswires to test with.
    pub test: Texts,
    /// Where they came from.
    pub source: Source,
    /// The file they were read from; none for the bundled ones.
    pub files: Vec<PathBuf>,
    /// One line for the user if the bundled ones had to stand in, or know fewer words than were asked for.
    pub notice: Option<String>,
}

/// Loads Reuters from wherever `options` allow, and prepares it as `text` says.
///
/// The bundled newswires are complete, with the 10,000 commonest words ([`BUNDLED_WORDS`]): with `num_words` up to
/// that they give what the file gives that they were made of, and with more they say so in [`Reuters::notice`].
///
/// # Errors
/// Those of [`locate()`]; [`DataError::Argument`] if `text` asks for texts that are too short or for a test split
/// that is none; in files of the user's own also [`DataError::Format`], [`DataError::Unsupported`] and
/// [`DataError::LengthMismatch`], if they are not laid out as Reuters.
pub fn load(text: &TextOptions, options: &DataOptions) -> Result<Reuters, DataError> {
    let test_split = text.test_split.unwrap_or(TEST_SPLIT);
    training_samples(0, test_split)?;
    let Located { source, files, mut notice } = locate(&RELEASE, options)?;
    let (newswires, vocabulary) = match files.first() {
        Some(path) => (Texts::read(&mut Archive::open(path)?, "x", "y", CLASSES)?, None),
        None => (bundled()?, Some(BUNDLED_WORDS + 1)),
    };
    if source == Source::Bundled && text.exceeds(BUNDLED_WORDS + 1) {
        let fewer = "the bundled reuters takes all words but the 10,000 commonest for unknown: set num_words to 10000";
        notice = Some(notice.map_or(fewer.into(), |notice| format!("{notice}; {fewer}")));
    }
    let [newswires] = text.prepare([newswires], vocabulary)?;
    let training = training_samples(newswires.len(), test_split)?;
    let (train, test) = newswires.split_at(training);
    Ok(Reuters { train, test, source, files, notice })
}

/// The words that the ids of newswires from `source` stand for: `reuters::word_index(reuters.source, &options)`.
///
/// In a folder of the user's own it is `reuters_word_index.json`; for all others it is the bundled one, of the
/// 10,000 commonest words. For Keras' own file some of its ranks are off by one or two.
///
/// # Errors
/// For a folder of the user's own, those of [`locate()`] and of [`WordIndex::open`].
pub fn word_index(source: Source, options: &DataOptions) -> Result<WordIndex, DataError> {
    if source == Source::Dir
        && let Some(path) = locate(&WORD_INDEX, options)?.files.first()
    {
        return WordIndex::open(path);
    }
    let path = Path::new("bundled/words.txt.gz");
    let mut words = String::new();
    decompressed(&include_bytes!("../bundled/reuters/words.txt.gz")[..])
        .and_then(|content| content.take(LARGEST).read_to_string(&mut words))
        .map_err(DataError::read(path))?;
    Ok(words.lines().map(String::from).zip(1..).collect())
}

/// The newswires that are compiled in; `bundled/reuters/README.md` says how they were made.
fn bundled() -> Result<Texts, DataError> {
    let file = Cursor::new(&include_bytes!("../bundled/reuters/reuters.npz")[..]);
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
        dtype => Err(format!("it holds {dtype:?} values")),
    }
}
