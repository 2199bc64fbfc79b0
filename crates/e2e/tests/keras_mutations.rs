//! Mutates models that Keras saved: they must load or be refused with an error, without a panic.

use std::{
    fs,
    io::{Cursor, Read, Write},
    path::PathBuf,
};

use kindling::prelude::*;
use kindling_e2e::root;
use proptest::{prelude::*, sample::Index};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

/// Returns the `.keras` files of the fixtures.
fn twins() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("crates/e2e/fixtures/twins")).unwrap();
    let mut twins: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    twins.retain(|path| path.extension().is_some_and(|extension| extension == "keras"));
    twins.sort();
    assert!(!twins.is_empty());
    twins
}

/// Names and contents of archive entries.
type Entries = Vec<(String, Vec<u8>)>;

fn unpack(bytes: &[u8]) -> Entries {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        entries.push((entry.name().unwrap().to_string(), bytes));
    }
    entries
}

/// Packs entries without compression and with valid checksums.
fn pack(entries: &Entries) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        archive.start_file(name.as_str(), options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A mutation of bytes.
#[derive(Clone, Debug)]
enum Change {
    Set(Index, u8),
    /// Sets 1 to 8 bytes to 0xff, which makes integers very large or negative.
    Fill(Index, usize),
    Cut(Index),
    /// Duplicates a range.
    Repeat(Index, usize),
    /// Replaces the next ASCII digit with 9.
    Digit(Index),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let len = bytes.len();
        let place = |index: &Index| index.index(len);
        match self {
            Self::Set(index, value) => bytes[place(index)] = *value,
            Self::Fill(index, length) => {
                let start = place(index);
                let end = len.min(start + length);
                bytes[start..end].fill(0xff);
            }
            Self::Cut(index) => bytes.truncate(place(index)),
            Self::Repeat(index, length) => {
                let start = place(index);
                let part = bytes[start..len.min(start + length)].to_vec();
                bytes.splice(start..start, part);
            }
            Self::Digit(index) => {
                let start = place(index);
                if let Some(digit) = bytes[start..].iter_mut().find(|byte| byte.is_ascii_digit()) {
                    *digit = b'9';
                }
            }
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(index, value)| Change::Set(index, value)),
        (any::<Index>(), 1..9_usize).prop_map(|(index, length)| Change::Fill(index, length)),
        any::<Index>().prop_map(Change::Cut),
        (any::<Index>(), 1..64_usize).prop_map(|(index, length)| Change::Repeat(index, length)),
        any::<Index>().prop_map(Change::Digit),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]
    /// Mutates the bytes of the archive, or of one of its entries.
    #[test]
    fn a_mutated_model_is_loaded_or_refused(
        twin in any::<Index>(), entry in prop::option::of(any::<Index>()),
        changes in prop::collection::vec(change(), 1..4),
    ) {
        let twins = twins();
        let mut bytes = fs::read(&twins[twin.index(twins.len())]).unwrap();
        match entry {
            None => changes.iter().for_each(|change| change.apply(&mut bytes)),
            Some(entry) => {
                let mut entries = unpack(&bytes);
                let index = entry.index(entries.len());
                changes.iter().for_each(|change| change.apply(&mut entries[index].1));
                bytes = pack(&entries);
            }
        }
        let file = tempfile::NamedTempFile::with_suffix(".keras").unwrap();
        fs::write(file.path(), bytes).unwrap();
        if let Err(error) = Model::load(file.path(), &Device::flex()) {
            let name = file.path().display().to_string();
            prop_assert!(error.to_string().contains(&name), "{}", error);
        }
    }
}
