//! Pickled lists as NumPy writes them, in every protocol, and rejected pickles.

mod common;

use std::{
    io::{Cursor, Write},
    path::Path,
};

use common::{npy_of_objects, pickled};
use kindling_data::{DataError, Sequences, npz::Archive, pickle};
use proptest::{prelude::*, sample::Index};
use zip::{ZipWriter, write::SimpleFileOptions};

/// `pickle.dumps(array, protocol)` for an object array of the lists in [`lists`], by NumPy 2.4 and Python 3.11.
#[rustfmt::skip]
const PROTOCOLS: [&[u8]; 4] = [
    b"\x80\x02cnumpy._core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02c_codecs\nencode\nq\x03X\x01\x00\x00\x00bq\x04X\x06\x00\x00\x00latin1q\x05\x86q\x06Rq\x07\x87q\x08Rq\x09(K\x01K\x04\x85q\ncnumpy\ndtype\nq\x0bX\x02\x00\x00\x00O8q\x0c\x89\x88\x87q\x0dRq\x0e(K\x03X\x01\x00\x00\x00|q\x0fNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tq\x10b\x89]q\x11(]q\x12(K\x01M,\x01Jp\x11\x01\x00K\xffe]q\x13]q\x14(\x8a\x05\xff\xff\xff\xff\x00K\x00e]q\x15K\x07aetq\x16b.",
    b"\x80\x03cnumpy._core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02C\x01bq\x03\x87q\x04Rq\x05(K\x01K\x04\x85q\x06cnumpy\ndtype\nq\x07X\x02\x00\x00\x00O8q\x08\x89\x88\x87q\x09Rq\n(K\x03X\x01\x00\x00\x00|q\x0bNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tq\x0cb\x89]q\x0d(]q\x0e(K\x01M,\x01Jp\x11\x01\x00K\xffe]q\x0f]q\x10(\x8a\x05\xff\xff\xff\xff\x00K\x00e]q\x11K\x07aetq\x12b.",
    b"\x80\x04\x95\xae\x00\x00\x00\x00\x00\x00\x00\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\x04\x85\x94h\x03\x8c\x05dtype\x94\x93\x94\x8c\x02O8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01|\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?t\x94b\x89]\x94(]\x94(K\x01M,\x01Jp\x11\x01\x00K\xffe]\x94]\x94(\x8a\x05\xff\xff\xff\xff\x00K\x00e]\x94K\x07aet\x94b.",
    b"\x80\x05\x95\xae\x00\x00\x00\x00\x00\x00\x00\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\x04\x85\x94h\x03\x8c\x05dtype\x94\x93\x94\x8c\x02O8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01|\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?t\x94b\x89]\x94(]\x94(K\x01M,\x01Jp\x11\x01\x00K\xffe]\x94]\x94(\x8a\x05\xff\xff\xff\xff\x00K\x00e]\x94K\x07aet\x94b.",
];

/// The same by Python 2: strings are bytes, memo indices start at 1, and one number is a `long`.
const PYTHON_2: &[u8] = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\
    \x87Rq\x03(K\x01K\x04\x85cnumpy\ndtype\nq\x04U\x02O8K\x00K\x01\x87Rq\x05(K\x03U\x01|NNNJ\xff\xff\xff\xff\
    J\xff\xff\xff\xffK?tb\x89]q\x06(]q\x07(K\x01M,\x01Jp\x11\x01\x00K\xffe]q\x08]q\x09(\x8a\x05\xff\xff\xff\xff\
    \x00K\x00e]q\nK\x07aetb.";

fn lists() -> Sequences {
    [&[1, 300, 70_000, 255][..], &[], &[u32::MAX, 0], &[7]].into_iter().collect()
}

fn read(file: &[u8]) -> Result<Sequences, DataError> {
    pickle::read(file, Path::new("x"))
}

/// Returns the error for an array of the given shape whose list is filled by `body`.
fn refusal(shape: &[usize], body: &[u8]) -> String {
    read(&npy_of_objects(shape, &pickled(shape, body))).unwrap_err().to_string()
}

#[test]
fn every_protocol_is_read() {
    for pickle in PROTOCOLS.into_iter().chain([PYTHON_2]) {
        assert_eq!(read(&npy_of_objects(&[4], pickle)).unwrap(), lists());
    }
}

#[test]
fn two_dimensional_arrays_are_read() {
    let table = npy_of_objects(&[3, 2], &pickled(&[3, 2], b"(K\x01K\x02K\x03K\x04K\x05K\x06e"));
    assert_eq!(read(&table).unwrap(), [[1, 2], [3, 4], [5, 6]].into_iter().collect());
    assert_eq!(read(&npy_of_objects(&[2, 0], &pickled(&[2, 0], b""))).unwrap().len(), 2);
    assert_eq!(read(&npy_of_objects(&[0], &pickled(&[0], b""))).unwrap().len(), 0);
}

/// Numbers of all widths in batches of a thousand, as NumPy writes them, which exceed the buffer and the first allocation.
#[test]
fn long_lists_are_read() {
    let number = |place: u32| [place % 256, place % 65_536, place * 97][place as usize % 3];
    let list: Vec<u32> = (0..300_000).map(number).collect();
    let encode = |&number: &u32| match number.to_le_bytes() {
        [low, 0, 0, 0] => vec![b'K', low],
        [low, high, 0, 0] => vec![b'M', low, high],
        bytes => [&b"J"[..], &bytes].concat(),
    };
    let batch =
        |batch: &[u32]| [b"(".to_vec(), batch.iter().flat_map(encode).collect(), b"e".to_vec()].concat();
    let body = [&b"(]"[..], &list.chunks(1000).flat_map(batch).collect::<Vec<u8>>(), b"]K\x05ae"].concat();
    let read = read(&npy_of_objects(&[2], &pickled(&[2], &body))).unwrap();
    assert_eq!(read, [&list[..], &[5]].into_iter().collect());
}

#[test]
fn shared_lists_are_copied() {
    let shared = npy_of_objects(&[3], &pickled(&[3], b"(]\x94(K\x09K\x08e]\x94K\x01ah\x13e"));
    assert_eq!(read(&shared).unwrap(), [&[9, 8][..], &[1], &[9, 8]].into_iter().collect());
}

#[test]
fn the_expansion_of_shared_lists_is_limited() {
    let thousand = [&b"(]\x94("[..], &b"K\x01".repeat(1_000), b"e"].concat();
    let body = [&thousand[..], &b"h\x13".repeat(59_999), b"e"].concat();
    let refusal = refusal(&[60_000], &body);
    assert!(refusal.contains("its shared lists expand to 60000000 numbers"), "{refusal}");
}

#[test]
fn errors_name_unsupported_objects_and_the_remedy() {
    for (body, named) in [
        (&b"]\x94J\xff\xff\xff\xffaa"[..], "holds -1, not a number from 0 to 4294967295"),
        (b"]\x94\x8a\x05\x00\x00\x00\x00\x01aa", "holds 4294967296, not a number"),
        (b"]\x94]\x94K\x01aaa", "its lists are nested"),
        (b"]\x94\x88aa", "a list in it holds Other"),
        (b"]\x94\x8c\x04word\x94aa", "a list in it holds Text(\"word\")"),
        (b"K\x01K\x02\x86\x94a", "a list in it holds Tuple([Int(1), Int(2)])"),
        (b"(K\x01]\x94e", "mixes numbers and lists"),
        (b"K\x01a", "its shape is [1], but it contains 0 lists of numbers and 1 numbers"),
        (b"h\x02h\x05K\x00\x85\x94h\x07\x87\x94R\x94", "its elements are arrays"),
        (b"]\x94h\x00\x8c\x06scalar\x94\x93", "it refers to numpy._core.multiarray.scalar"),
        (b"h\x0c\x8c\x02i8\x94\x89\x88\x87\x94R", "it contains values of type i8"),
    ] {
        let refusal = refusal(&[1], body);
        assert!(refusal.starts_with("x cannot be used: ") && refusal.contains(named), "{refusal}");
        assert!(refusal.contains("save lists of integers, for example numpy.array([["), "{refusal}");
    }
    let refusal = refusal(&[1], b"]\x94G?\xf8\x00\x00\x00\x00\x00\x00aa");
    assert!(
        refusal.contains("it has the instruction 0x47 at byte 149 of its pickle, which is not used"),
        "{refusal}"
    );
}

#[test]
fn no_function_is_called() {
    let marker = std::env::temp_dir().join(format!("called-{}", std::process::id()));
    let command = format!("touch {}", marker.display());
    let body = [
        b"\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c",
        &[command.len() as u8][..],
        command.as_bytes(),
        b"\x85R",
    ];
    assert!(refusal(&[1], &body.concat()).contains("it refers to posix.system"));
    let global = npy_of_objects(&[1], format!("\u{2}cos\nsystem\n(X{command}tR.").as_bytes());
    assert!(read(&global).is_err() && !marker.exists());
}

#[test]
fn damaged_pickles_are_rejected() {
    for (body, reason) in [
        (&b"e"[..], "a list is missing"),
        (b"tt", "a mark is missing"),
        (b"\x87\x87\x87", "a value is missing"),
        (b"h\xfaa", "it has no value 250 in its memo"),
        (b"K\x01K\x02R", "it calls something that is not a function"),
        (b"K\x01\x85b", "it sets the state of List(0) to [Int(1)]"),
        (b"K\x01b", "it sets the state of no object"),
        (b"]\x94(K\x01K\x02ea]K\x01ah\x13K\x03a", "it extends a list that was already complete"),
        (&b"(".repeat(20), "more than 16 marks"),
        (&b"K\x01".repeat(70_000), "more than 65536 values"),
        (b"\x93", "a name on its stack is not a string"),
        (b"(\x93", "a value is missing"),
    ] {
        let refusal = refusal(&[1], body);
        assert!(refusal.starts_with("x is damaged: ") && refusal.contains(reason), "{refusal}");
    }
    let file = npy_of_objects(&[4], PROTOCOLS[2]);
    let message = |file: &[u8]| read(file).unwrap_err().to_string();
    assert!(message(&file[..file.len() - 1]).contains("it ends inside its pickle"));
    assert!(message(&[&file[..], b"."].concat()).contains("bytes follow after its pickle"));
    assert!(message(&npy_of_objects(&[5], PROTOCOLS[2])).contains("its header announces the shape [5], not"));
    assert!(message(&npy_of_objects(&[4], b"\x80\x00.")).contains("its protocol is 0, not 2 to 5"));
    assert!(message(&npy_of_objects(&[4], b"K\x01.")).contains("it ends with Int(1) instead of an array"));
}

#[test]
fn lists_are_read_from_an_archive() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("x.npy", SimpleFileOptions::default()).unwrap();
    zip.write_all(&npy_of_objects(&[4], PROTOCOLS[3])).unwrap();
    let mut archive = Archive::new(zip.finish().unwrap(), Path::new("texts.npz")).unwrap();
    assert_eq!(archive.lists("x").unwrap(), lists());
    assert!(archive.lists("y").unwrap_err().to_string().contains("it has no array y"));
    assert!(archive.array("x").unwrap_err().to_string().contains("Python objects"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn all_lists_are_read_correctly(lists in prop::collection::vec(prop::collection::vec(any::<u32>(), 0..9), 0..20)) {
        let body: Vec<u8> = lists.iter().flat_map(|list| {
            let numbers = list.iter().flat_map(|number| [&[0x8a, 5][..], &number.to_le_bytes(), &[0]].concat());
            [&b"]\x94("[..], &numbers.collect::<Vec<u8>>(), b"ea"].concat()
        }).collect();
        let shape = [lists.len()];
        prop_assert_eq!(read(&npy_of_objects(&shape, &pickled(&shape, &body))).unwrap(), lists.iter().collect());
    }

    #[test]
    fn random_instructions_are_rejected(body in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read(&npy_of_objects(&[1], &body)).is_err());
    }

    #[test]
    fn known_instructions_in_any_order_cause_no_panic(
        body in prop::collection::vec(prop::sample::select(&b"KMJN(]ae)t\x85\x86\x87\x88\x89\x93\x94Rbqhrj.\x01\x00\x02"[..]), 0..60),
    ) {
        let _ = read(&npy_of_objects(&[1], &pickled(&[1], &body)));
        let _ = read(&npy_of_objects(&[1], &body));
    }

    #[test]
    fn changed_pickles_are_read_or_rejected(
        protocol in 0_usize..4,
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..6),
    ) {
        let mut pickle = PROTOCOLS[protocol].to_vec();
        for (place, byte) in changes {
            let place = place.index(pickle.len());
            pickle[place] = byte;
        }
        if let Ok(sequences) = read(&npy_of_objects(&[4], &pickle)) {
            prop_assert_eq!(sequences.len(), 4);
        }
    }

    #[test]
    fn a_truncated_pickle_is_rejected(protocol in 0_usize..4, length in any::<Index>()) {
        let pickle = &PROTOCOLS[protocol];
        prop_assert!(read(&npy_of_objects(&[4], &pickle[..length.index(pickle.len())])).is_err());
    }
}
