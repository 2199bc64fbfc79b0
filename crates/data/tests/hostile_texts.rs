//! No bytes make the readers of word indexes and of texts panic, or return words that a file does not hold.

mod common;

use std::{collections::BTreeMap, fs};

use kindling_data::{DataError, WordIndex, tables::Table};
use proptest::{prelude::*, sample::Index};

const WORDS: &str = r#"{"the": 1, "cat": 2, "café": 3, "\u00e9\n": 4294967295, "": 5}"#;

fn read(bytes: &[u8]) -> Result<WordIndex, DataError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words.json");
    fs::write(&path, bytes).unwrap();
    let words = WordIndex::open(&path);
    words.inspect_err(|error| assert!(error.to_string().contains("words.json"), "{error}"))
}

#[test]
fn an_intact_index_has_the_right_words() {
    let words = read(WORDS.as_bytes()).unwrap();
    assert_eq!((words.len(), words.rank("café"), words.word(5)), (5, Some(3), Some("")));
    assert_eq!((words.word(u32::MAX), words.rank("é\n")), (Some("é\n"), Some(u32::MAX)));
    // Ranks whose ids do not fit are unknown words.
    assert_eq!(words.encode("the cat é\n", usize::MAX), [1, 4, 5, 2]);
}

/// One byte more than is read, of which the first ones are an index.
#[test]
fn a_file_that_is_too_large_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words.json");
    fs::write(&path, [b"{\"the\": ", &vec![b' '; 1 << 26][..], b"1}"].concat()).unwrap();
    let error = WordIndex::open(&path).unwrap_err().to_string();
    assert!(error.contains("words.json") && error.contains("more than 67108864 bytes"), "{error}");
}

#[test]
fn a_text_that_is_too_large_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (class, length) in [("neg", 3), ("pos", (1 << 24) + 1)] {
        fs::create_dir(folder.path().join(class)).unwrap();
        fs::File::create(folder.path().join(class).join("a.txt")).unwrap().set_len(length).unwrap();
    }
    let error = Table::read_texts(folder.path()).unwrap_err().to_string();
    assert!(error.contains("a.txt") && error.contains("more than 16777216 bytes"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    /// What is read is what a JSON parser finds, and nothing else is.
    #[test]
    fn a_changed_index_is_read_or_refused(
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..5),
        cut in prop::option::of(any::<Index>()),
    ) {
        let bytes = common::changed(WORDS.as_bytes(), changes, cut);
        let expected = serde_json::from_slice::<BTreeMap<String, u32>>(&bytes).ok();
        let found = read(&bytes).ok().map(|words| serde_json::to_value(words).unwrap());
        prop_assert_eq!(found.map(|words| serde_json::from_value::<BTreeMap<String, u32>>(words).unwrap()), expected);
    }

    /// UTF-8 as it is, other bytes a character each.
    #[test]
    fn any_bytes_are_a_text(bytes in prop::collection::vec(any::<u8>(), 0..50)) {
        let folder = tempfile::tempdir().unwrap();
        for (class, bytes) in [("neg", &bytes[..]), ("pos", b"fine")] {
            fs::create_dir(folder.path().join(class)).unwrap();
            fs::write(folder.path().join(class).join("a.txt"), bytes).unwrap();
        }
        let table = Table::read_texts(folder.path()).unwrap();
        let texts = table.column("text").unwrap();
        let texts: Vec<&str> = texts.words().unwrap().map(|text| text.unwrap_or("")).collect();
        prop_assert_eq!(texts.len(), 2);
        prop_assert_eq!(texts[1], "fine");
        match str::from_utf8(&bytes) {
            Ok(text) => prop_assert_eq!(texts[0], text),
            Err(_) => prop_assert_eq!(texts[0].chars().count(), bytes.len()),
        }
    }
}
