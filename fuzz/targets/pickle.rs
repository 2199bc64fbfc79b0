//! `pickle::read`: lists of numbers in `.npy` files of Python objects.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(lists) = kindling_data::pickle::read(bytes, Path::new("file")) {
        let numbers: usize = lists.iter().map(<[u32]>::len).sum();
        // SECURITY.md: 16 numbers for each byte where lists are repeated.
        assert!(numbers <= 16 * bytes.len(), "{numbers} numbers of {} bytes", bytes.len());
    }
});
