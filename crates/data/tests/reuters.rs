//! Reuters: comparison of the published file and the bundled copy with Keras, and custom files.

#[path = "../examples/bundle_reuters.rs"]
#[allow(dead_code, reason = "its main function is not for tests")]
mod bundle_reuters;
mod common;

use std::path::Path;

use common::{
    options, shared_data,
    texts::{Fingerprint, bundled, fingerprint, folder_with},
};
use kindling_data::{
    DataError, DataOptions, INDEX_FROM, Loaded, Source, TextOptions, Texts, multi_hot, npz::Archive, reuters,
};
use tempfile::tempdir;

fn own_reuters(texts: &[&[u32]], labels: &[i8], text: &TextOptions) -> Result<Loaded<Texts>, DataError> {
    let folder = folder_with("reuters.npz", &[("x", "y", texts, labels)]);
    reuters::load(text, &DataOptions::default().dir(folder.path()))
}

#[test]
fn reuters_equals_keras_data() {
    let Some(folder) = shared_data() else { return };
    let new = TextOptions::new;
    // `true` if the vocabulary of the bundled copy suffices, so that its result is the same.
    let cases: [(bool, TextOptions, [Fingerprint; 2]); 11] = [
        (
            false,
            new(),
            [
                (8982, 20450, 1310185, 477852, [87, 58, 139], [1, 21870, 21871, 8]),
                (2246, 272010, 332460, 22799, [146, 745, 228], [1, 4, 1379, 2035]),
            ],
        ),
        (
            false,
            new().start_char(None).index_from(2).oov_char(Some(0)).num_words(20_000),
            [
                (8982, 896395, 1301203, 477852, [86, 57, 138], [0, 0, 7, 42]),
                (2246, 858467, 330214, 22799, [145, 744, 227], [3, 1378, 2034, 8]),
            ],
        ),
        (
            true,
            new().num_words(10_000),
            [
                (8982, 450931, 1310185, 477852, [87, 58, 139], [1, 2, 2, 8]),
                (2246, 545467, 332460, 22799, [146, 745, 228], [1, 4, 1379, 2035]),
            ],
        ),
        (
            true,
            new().num_words(10_000).maxlen(100),
            [
                (4758, 373612, 288399, 466586, [87, 58, 82], [1, 2, 2, 8]),
                (1190, 260132, 71714, 676597, [45, 27, 79], [1, 2, 150, 8]),
            ],
        ),
        (
            true,
            new().num_words(5000).skip_top(20).oov_char(None),
            [
                (8982, 231420, 885416, 477852, [50, 39, 86], [43, 448, 25, 208]),
                (2246, 235087, 224038, 22799, [96, 522, 166], [1379, 2035, 698, 4573]),
            ],
        ),
        (
            true,
            new().num_words(1000).start_char(None).index_from(0).seed(7),
            [
                (8982, 870001, 1305927, 39463, [201, 46, 16], [1, 2, 21, 98]),
                (2246, 267951, 325490, 816890, [91, 88, 30], [1, 2, 2, 2]),
            ],
        ),
        (
            true,
            new().num_words(500).start_char(Some(5)).index_from(10).seed(u32::MAX).skip_top(6),
            [
                (8982, 598241, 1310880, 225408, [45, 61, 17], [2, 60, 329, 33]),
                (2246, 627307, 331765, 741489, [16, 42, 278], [2, 2, 110, 33]),
            ],
        ),
        (
            true,
            new().num_words(10_000).test_split(0.33),
            [
                (7522, 307317, 1102640, 148267, [87, 58, 139], [1, 2, 2, 8]),
                (3706, 325215, 540005, 195854, [62, 89, 100], [1, 53, 148, 26]),
            ],
        ),
        (
            true,
            new().num_words(9999).index_from(0),
            [
                (8982, 251406, 1310185, 477852, [87, 58, 139], [1, 2, 2, 5]),
                (2246, 941360, 332460, 22799, [146, 745, 228], [1, 1, 1376, 2032]),
            ],
        ),
        (
            true,
            new().num_words(10_000).maxlen(20),
            [
                (320, 939920, 5494, 215859, [17, 19, 17], [1, 488, 342, 784]),
                (81, 950442, 1374, 15135, [15, 17, 17], [1, 53, 120, 26]),
            ],
        ),
        (
            true,
            new().num_words(10_000).test_split(0.1).oov_char(None),
            [
                (10105, 865462, 1436799, 371616, [85, 53, 136], [1, 8, 43, 10]),
                (1123, 277091, 160953, 240546, [109, 149, 138], [1, 4, 37, 38]),
            ],
        ),
    ];
    for (in_bundle, text, parts) in cases {
        let reuters = reuters::load(&text, &DataOptions::default().dir(&folder)).unwrap();
        assert_eq!([fingerprint(&reuters.train), fingerprint(&reuters.test)], parts, "{text:?}");
        assert_eq!((reuters.source, reuters.notice), (Source::Dir, None));
        let copy = reuters::load(&text, &bundled()).unwrap();
        assert_eq!(copy.notice.is_none(), in_bundle, "{text:?}");
        if in_bundle {
            assert_eq!((copy.train, copy.test), (reuters.train, reuters.test), "{text:?}");
        }
    }
    let whole = reuters::word_index(Source::Dir, &DataOptions::default().dir(&folder)).unwrap();
    let index = reuters::word_index(Source::Bundled, &bundled()).unwrap();
    assert_eq!((whole.len(), index.len()), (30_990, 10_000));
    assert!((1..=10_000).all(|rank| index.word(rank) == whole.word(rank)));
}

#[test]
fn the_bundled_copy_is_complete_except_for_rare_words() {
    let reuters = reuters::load(&TextOptions::new().num_words(10_000), &bundled()).unwrap();
    assert_eq!((reuters.train.len(), reuters.test.len(), reuters.source), (8_982, 2_246, Source::Bundled));
    assert_eq!((reuters.notice, reuters.files.len()), (None, 0));
    assert!(multi_hot(&reuters.train.sequences.slice(0..9), 10_000).is_ok());
    assert_eq!(reuters.train.labels[..5], [3, 4, 3, 4, 4]);

    for text in [TextOptions::new(), TextOptions::new().num_words(30_000)] {
        let more = reuters::load(&text, &bundled()).unwrap();
        assert!(more.notice.unwrap().ends_with("set num_words to 10000"));
        assert_eq!(more.train.sequences.max(), Some(reuters::BUNDLED_WORDS + INDEX_FROM));
    }
    let folder = tempdir().unwrap();
    let auto = reuters::load(&TextOptions::new().num_words(10_000), &options(folder.path())).unwrap();
    let notice = auto.notice.unwrap();
    assert!(notice.ends_with("complete except for words rarer than the 10,000 most frequent"), "{notice}");
    let index = reuters::word_index(Source::Cache, &bundled()).unwrap();
    assert_eq!(index.decode(&[1, 4]), "? the");
}

#[test]
fn the_bundled_copy_equals_the_output_of_its_program() {
    let Some(folder) = shared_data() else { return };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("bundled/reuters/reuters.npz");
    let mut archive = Archive::open(&path).unwrap();
    let made = bundle_reuters::newswires(&folder).unwrap();
    for (name, values) in ["ranks", "lengths", "labels"].into_iter().zip(made) {
        assert!(archive.array(name).unwrap().try_into_vec::<u16>().unwrap() == values, "{name} differ");
    }
    let index = reuters::word_index(Source::Bundled, &bundled()).unwrap();
    let words = bundle_reuters::words(&folder).unwrap();
    assert!((1..).zip(words.lines()).all(|(rank, word)| index.word(rank) == Some(word)));
}

#[test]
fn custom_texts_may_be_empty_or_unknown() {
    let text = TextOptions::new().num_words(10).seed(0).test_split(0.5);
    let Texts { sequences, labels } =
        own_reuters(&[&[], &[50, 60], &[6], &[7]], &[45, 0, 1, 2], &text).unwrap().train;
    // numpy.random.RandomState(0).permutation(4) is [2, 3, 1, 0].
    assert_eq!((sequences, labels), ([[1, 9], [1, 2]].into_iter().collect(), vec![1, 2]));
    let none = text.start_char(None).oov_char(None);
    let reuters = own_reuters(&[&[], &[50], &[], &[]], &[0, 0, 1, 2], &none).unwrap();
    assert!(reuters.train.sequences.tokens().is_empty() && reuters.test.len() == 2);
}

#[test]
fn errors_describe_invalid_custom_files() {
    let message = |texts: &[&[u32]], labels: &[i8], text: TextOptions| {
        own_reuters(texts, labels, &text).unwrap_err().to_string()
    };
    let new = TextOptions::new;
    assert!(
        message(&[&[1], &[2]], &[0, 46], new())
            .contains("y cannot be used: label 1 is 46, expected labels from 0 to 45")
    );
    assert!(message(&[&[1], &[2]], &[-1, 4], new()).contains("label 0 is -1"));
    assert!(message(&[&[1], &[2]], &[1], new()).contains("reuters.npz/y differ in length (2 and 1 samples)"));
    assert!(message(&[], &[], new()).contains("it contains no texts"));
    assert!(message(&[&[1], &[2]], &[0, 0], new().maxlen(2)).contains("maxlen is 2: no text is shorter"));
    assert!(message(&[&[1]], &[0], new().index_from(u32::MAX)).starts_with("index_from is 4294967295"));
    for test_split in [1.0, -0.5, f64::NAN] {
        assert!(message(&[&[1]], &[0], new().test_split(test_split)).starts_with("test_split is "));
    }
}
