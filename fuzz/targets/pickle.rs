//! `pickle::read`: lists of numbers in `.npy` files of Python objects.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(lists) = kindling_data::pickle::read(bytes, Path::new("file")) {
        let numbers: usize = lists.iter().map(<[u32]>::len).sum();
        // SECURITY.md: at most 16 numbers per byte where lists are repeated.
        assert!(numbers <= 16 * bytes.len(), "{numbers} numbers from {} bytes", bytes.len());
    }
});
