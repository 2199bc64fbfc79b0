//! Property tests of the readers: arbitrary bytes cause no panics and no arrays that the file does not contain.

mod common;

use std::{
    io::{Cursor, Write},
    path::Path,
};

use burn::tensor::TensorData;
use kindling_data::{DataError, idx, npy, npz::Archive};
use proptest::{prelude::*, sample::Index};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

type Reader = fn(&[u8]) -> Result<TensorData, DataError>;

fn read_idx(bytes: &[u8]) -> Result<TensorData, DataError> {
    idx::read(bytes, Path::new("file"))
}

fn read_npy(bytes: &[u8]) -> Result<TensorData, DataError> {
    npy::read(bytes, Path::new("file"))
}

fn read_npz(bytes: &[u8]) -> Result<TensorData, DataError> {
    Archive::new(Cursor::new(bytes), Path::new("file"))?.array("x")
}

fn idx_file() -> Vec<u8> {
    [&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4][..], &[7; 24]].concat()
}

fn npy_file(version: u8) -> Vec<u8> {
    let header = format!("{:<118}\n", "{'descr': '>f8', 'fortran_order': False, 'shape': (3, 2), }");
    let length = (header.len() as u32).to_le_bytes();
    let length = if version == 1 { &length[..2] } else { &length };
    [&b"\x93NUMPY"[..], &[version, 0], length, header.as_bytes(), &[1; 48]].concat()
}

fn npz_file(method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for name in ["x.npy", "y.npy"] {
        zip.start_file(name, SimpleFileOptions::default().compression_method(method)).unwrap();
        zip.write_all(&npy_file(1)).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Returns intact files with their readers.
fn intact_file() -> impl Strategy<Value = (Reader, Vec<u8>)> {
    prop_oneof![
        Just((read_idx as Reader, idx_file())),
        Just((read_idx as Reader, common::gzip(&idx_file()))),
        Just((read_npy as Reader, npy_file(1))),
        Just((read_npy as Reader, npy_file(2))),
        Just((read_npz as Reader, npz_file(CompressionMethod::Stored))),
        Just((read_npz as Reader, npz_file(CompressionMethod::Deflated))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn intact_files_are_read((read, file) in intact_file()) {
        prop_assert!(read(&file).is_ok());
    }

    #[test]
    fn random_bytes_are_rejected(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for read in [read_idx, read_npy, read_npz] {
            prop_assert!(read(&bytes).is_err());
        }
    }

    #[test]
    fn a_random_tail_is_read_or_rejected(
        (read, file) in intact_file(),
        kept in any::<Index>(),
        rest in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let _ = read(&[&file[..kept.index(file.len())], &rest].concat());
    }

    #[test]
    fn changed_bytes_are_read_or_rejected(
        (read, mut file) in intact_file(),
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..6),
    ) {
        for (place, byte) in changes {
            let place = place.index(file.len());
            file[place] = byte;
        }
        let _ = read(&file);
    }

    #[test]
    fn a_truncated_file_is_rejected((read, file) in intact_file(), length in any::<Index>()) {
        prop_assert!(read(&file[..length.index(file.len())]).is_err());
    }

    #[test]
    fn an_idx_array_is_not_larger_than_its_values(rank in any::<u8>(), lengths in any::<[u32; 3]>()) {
        let lengths = lengths.map(u32::to_be_bytes);
        let file = [&[0, 0, 8, rank][..], lengths.as_flattened()].concat();
        if let Ok(data) = read_idx(&file) {
            prop_assert!(data.num_elements() <= 12);
        }
    }

    #[test]
    fn an_npy_array_is_not_larger_than_its_values(
        descr in "[<>|=][a-zA-Z][0-9]{1,2}",
        fortran_order in "True|False|None",
        shape in r"\(([0-9]{1,20}, ?){0,4}\)",
    ) {
        let header =
            format!("{{'descr': '{descr}', 'fortran_order': {fortran_order}, 'shape': {shape}, }}");
        let length = (header.len() as u16).to_le_bytes();
        let file = [&b"\x93NUMPY\x01\x00"[..], &length, header.as_bytes(), &[0; 8]].concat();
        if let Ok(data) = read_npy(&file) {
            prop_assert!(data.as_bytes().len() == 8);
        }
    }
}
