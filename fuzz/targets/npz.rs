//! `npz::Archive`: all arrays, as numbers and as lists. The mutator changes entries, and packs them with checksums that fit.

#![no_main]

use std::{fs, io::Cursor, path::Path};

use kindling_data::npz::Archive;
use kindling_fuzz::{archive, seeds};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

/// One byte, 7.
const NPY: &[u8] = b"\x93NUMPY\x01\x00\x38\x00{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}\n\x07";

fn save_example(folder: &Path) {
    let entries = ["x.npy", "y.npy"].map(|name| (name.to_owned(), NPY.to_vec()));
    fs::write(folder.join("small.npz"), archive::pack(&entries).unwrap()).unwrap();
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    archive::mutate(data, size, max_size, seed)
});

fuzz_target!(init: seeds(save_example), |bytes: &[u8]| {
    let Ok(mut archive) = Archive::new(Cursor::new(bytes), Path::new("file")) else { return };
    for name in archive.names() {
        let _ = archive.array(&name);
        let _ = archive.lists(&name);
    }
});
