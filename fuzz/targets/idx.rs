//! `idx::read`: plain and gzipped files.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(array) = kindling_data::idx::read(bytes, Path::new("file")) {
        assert_eq!(array.as_bytes().len(), array.num_elements());
    }
});
