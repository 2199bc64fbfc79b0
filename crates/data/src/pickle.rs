//! Pickled lists of numbers: the object arrays in `.npy` files that hold a list of word ids for each text.
//!
//! A pickle is a program for a stack machine that can build, and call, anything. The machine here, in
//! `pickle_machine.rs`, knows only the instructions that NumPy writes for such an array, in protocols 2 to 5, and
//! refuses every other; what a pickle calls is compared with four names and never run.

use std::{
    fs::File,
    io::{BufReader, Read},
    ops::Range,
    path::Path,
};

use crate::{
    DataError, Sequences,
    npy::{Element, Header},
    pickle_lists::PickledLists,
    pickle_machine::{MOST_OBJECTS, Machine},
};

/// Numbers for each byte that was read, should lists be shared between texts.
const TOKENS_PER_BYTE: u64 = 16;

/// Numbers in all, 1 GiB of them.
const MOST_TOKENS: u64 = 1 << 28;

/// Reads the lists in the `.npy` file at `path`.
///
/// # Errors
/// [`DataError::Io`] if the file cannot be opened, else as [`read`].
pub fn open(path: &Path) -> Result<Sequences, DataError> {
    read(BufReader::new(File::open(path).map_err(DataError::io(path))?), path)
}

/// Reads lists of numbers from `reader`, a `.npy` file with an object array of shape `[texts]`, or `[texts, length]`
/// if all are of one length; `path` names it in errors.
///
/// # Errors
/// [`DataError::Format`] if the bytes are no such file, end early or go on after it; [`DataError::Unsupported`] for
/// arrays of other types, and for objects other than lists of numbers from 0 to 4294967295.
pub fn read(mut reader: impl Read, path: &Path) -> Result<Sequences, DataError> {
    let Header { element, fortran_order, shape } = Header::read(&mut reader, path)?;
    if element != Element::Object {
        return Err(unsupported(path, "it holds no Python objects, but numbers"));
    }
    if fortran_order && shape.len() > 1 {
        return Err(unsupported(path, "it is in Fortran's order"));
    }
    let PickledLists { tokens, numbers, rows, bytes } = Machine::new(reader, path).run(&shape)?;
    match shape[..] {
        [texts] if texts == rows.len() => gather(tokens, rows, bytes, path),
        // NumPy takes lists of one length for a table.
        [texts, length] if texts <= MOST_OBJECTS && texts.checked_mul(length) == Some(numbers.len()) => {
            let offsets = (0..=texts).map(|text| text * length).collect();
            Sequences::from_parts(tokens[numbers].to_vec(), offsets)
        }
        _ => {
            let (rows, numbers) = (rows.len(), numbers.len());
            let found =
                format!("its shape is {shape:?}, and it holds {rows} lists of numbers and {numbers} numbers");
            Err(unsupported(path, found))
        }
    }
}

pub(crate) fn unsupported(path: &Path, found: impl std::fmt::Display) -> DataError {
    let remedy =
        "save lists of integers, as numpy.array([[int(i) for i in text] for text in texts], dtype=object)";
    DataError::unsupported(path, format!("{found}; {remedy}"))
}

/// The texts that are at those places among the tokens of a pickle of so many bytes.
fn gather(
    tokens: Vec<u32>,
    rows: Vec<Range<usize>>,
    bytes: u64,
    path: &Path,
) -> Result<Sequences, DataError> {
    let mut offsets = Vec::with_capacity(rows.len() + 1);
    offsets.push(0);
    offsets.extend(rows.iter().scan(0, |end, row| {
        *end += row.len();
        Some(*end)
    }));
    // As a rule the lists are pickled in their order, each of them once, and are where they belong.
    let in_place = |(row, offset): (&Range<usize>, &usize)| row.is_empty() || row.start == *offset;
    let total = offsets[rows.len()];
    if total == tokens.len() && rows.iter().zip(&offsets).all(in_place) {
        return Sequences::from_parts(tokens, offsets);
    }
    if total as u64 > MOST_TOKENS.min(TOKENS_PER_BYTE * bytes) {
        return Err(unsupported(path, format!("its lists repeat each other, to {total} numbers in all")));
    }
    let mut gathered = Vec::with_capacity(total);
    rows.into_iter().for_each(|row| gathered.extend_from_slice(&tokens[row]));
    Sequences::from_parts(gathered, offsets)
}
