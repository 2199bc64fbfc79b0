//! Helpers for the tests of IMDB and Reuters.

use std::{fs::File, io::Write};

use kindling_data::{DataChoice, DataOptions, Texts};
use tempfile::{TempDir, tempdir};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{npy_of_objects, pickled};

/// Properties of a training or test set: the number of texts; the sum of (id + 1) * (index + 1) modulo 1000003; the number
/// of ids; the same sum for labels; the lengths of the first three texts; and the first ids of the first text.
pub type Fingerprint = (usize, u64, usize, u64, [usize; 3], [u32; 4]);

/// Returns the fingerprint of `texts`, for comparison with that of Keras' data.
pub fn fingerprint(texts: &Texts) -> Fingerprint {
    let sum = |values: &mut dyn Iterator<Item = u64>| {
        (1..).zip(values).fold(0, |sum, (place, value)| (sum + (value + 1) * place) % 1_000_003)
    };
    let tokens = texts.sequences.tokens();
    let lengths = [0, 1, 2].map(|text| texts.sequences.get(text).unwrap().len());
    (
        texts.len(),
        sum(&mut tokens.iter().map(|&id| id.into())),
        tokens.len(),
        sum(&mut texts.labels.iter().map(|&label| label as u64)),
        lengths,
        texts.sequences.get(0).unwrap()[..4].try_into().unwrap(),
    )
}

/// Returns options for bundled data.
pub fn bundled() -> DataOptions {
    DataOptions::default().choice(DataChoice::Bundled).quiet()
}

/// The names of two arrays, and their contents: texts and labels.
pub type Part<'a> = (&'a str, &'a str, &'a [&'a [u32]], &'a [i8]);

/// Creates a directory with an archive that contains the given parts.
pub fn folder_with(archive: &str, parts: &[Part]) -> TempDir {
    let folder = tempdir().unwrap();
    let mut zip = ZipWriter::new(File::create(folder.path().join(archive)).unwrap());
    for (x, y, texts, labels) in parts {
        let numbers =
            |text: &[u32]| text.iter().flat_map(|id| [&b"J"[..], &id.to_le_bytes()].concat()).collect();
        let list = |text: &&[u32]| [b"](".to_vec(), numbers(text), b"ea".to_vec()].concat();
        let shape = [texts.len()];
        let pickle = pickled(&shape, &texts.iter().flat_map(list).collect::<Vec<u8>>());
        zip.start_file(format!("{x}.npy"), SimpleFileOptions::default()).unwrap();
        zip.write_all(&npy_of_objects(&shape, &pickle)).unwrap();
        zip.start_file(format!("{y}.npy"), SimpleFileOptions::default()).unwrap();
        let header = format!("{{'descr': '|i1', 'fortran_order': False, 'shape': ({},), }}\n", labels.len());
        zip.write_all(b"\x93NUMPY\x01\x00").unwrap();
        zip.write_all(&(header.len() as u16).to_le_bytes()).unwrap();
        zip.write_all(header.as_bytes()).unwrap();
        zip.write_all(&labels.iter().map(|&label| label as u8).collect::<Vec<u8>>()).unwrap();
    }
    zip.finish().unwrap();
    folder
}
