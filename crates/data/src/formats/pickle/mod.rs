//! Pickled lists of numbers: object arrays in `.npy` files that hold a list of word ids for each text.
//!
//! A pickle is a program for a stack machine that can build and call anything. The machine of this module knows only the
//! instructions that NumPy writes for such an array, in protocols 2 to 5, and refuses all others. The names that a pickle
//! calls are compared with a list of four; nothing is ever run.
//!
//! `stream.rs` decodes the instructions, `machine.rs` executes them, and `lists.rs` stores the lists that they build.

mod lists;
mod machine;
mod refusal;
mod stream;

use std::{
    fs::File,
    io::{BufReader, Read},
    ops::Range,
    path::Path,
};

use self::{
    lists::PickledLists,
    machine::{MOST_OBJECTS, Machine},
    refusal::unsupported,
};
use super::npy::{Element, Header};
use crate::{error::DataError, text::Sequences};

/// Most numbers per byte of the pickle, if texts share lists.
const TOKENS_PER_BYTE: u64 = 16;

/// Most numbers in total: 512 MiB, eleven times IMDB's.
const MOST_TOKENS: u64 = 1 << 27;

/// Reads the lists in the `.npy` file at `path`.
///
/// # Errors
/// [`DataError::Io`] if the file cannot be opened; otherwise as [`read`].
pub fn open(path: &Path) -> Result<Sequences, DataError> {
    read(BufReader::new(File::open(path).map_err(DataError::io(path))?), path)
}

/// Reads lists of numbers from `reader`, a `.npy` file with an object array of shape `[texts]`, or `[texts, length]`
/// if all lists have one length; `path` names it in errors.
///
/// # Errors
/// [`DataError::Format`] if the bytes are not such a file, end early or continue after it; [`DataError::Unsupported`]
/// for arrays of other types, and for objects other than lists of numbers from 0 to 4294967295.
pub fn read(mut reader: impl Read, path: &Path) -> Result<Sequences, DataError> {
    let Header { element, fortran_order, shape } = Header::read(&mut reader, path)?;
    if element != Element::Object {
        return Err(unsupported(path, "it holds no Python objects, but numbers"));
    }
    if fortran_order && shape.len() > 1 {
        return Err(unsupported(path, "it is in Fortran order"));
    }
    let PickledLists { tokens, numbers, rows, bytes } =
        Machine::new(reader, shape.first().copied().unwrap_or(0), path).run(&shape)?;
    match shape[..] {
        [texts] if texts == rows.len() => gather(tokens, rows, bytes, path),
        // NumPy makes a table of lists of one length.
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

/// Returns the texts at `rows` of the tokens of a pickle of `bytes` bytes.
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
    // Usually each list is pickled once and in order, so that the tokens are in place already.
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
