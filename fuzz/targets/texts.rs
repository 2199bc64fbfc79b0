//! `WordIndex::open`, and `Table::read_texts` of a directory whose only text per class is the input.

#![no_main]

use kindling_data::{WordIndex, tables::Table};
use kindling_fuzz::{on_directory, on_file};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    on_file("words.json", bytes, |path| {
        if let Ok(words) = WordIndex::open(path) {
            let ids = words.encode("the cat sat", 10_000);
            assert_eq!(ids.len(), 4);
            words.decode(&ids);
        }
    });
    on_directory(&[("neg/a.txt", bytes), ("pos/a.txt", b"fine")], |path| {
        assert_eq!(Table::read_texts(path).unwrap().len(), 2);
    });
});
