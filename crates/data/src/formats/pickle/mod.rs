//! Pickled lists of numbers: object arrays in `.npy` files with one list of word ids per text.
//!
//! A pickle is a program for a stack machine that can construct any object and call any function. The machine of this
//! module supports only the instructions that NumPy writes for such an array, in protocols 2 to 5, and rejects all others.
//! Only four global names are allowed, and no code is ever executed.
//!
//! `stream.rs` decodes the instructions, `machine.rs` executes them, and `lists.rs` stores the resulting lists.

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

/// Maximum number of values per byte of the pickle, if texts share lists.
const TOKENS_PER_BYTE: u64 = 16;

/// Maximum number of values in total: 512 MiB, eleven times IMDB.
const MOST_TOKENS: u64 = 1 << 27;

/// Reads the lists in the `.npy` file at `path`.
///
/// # Errors
/// [`DataError::Io`] if the file cannot be opened, and the errors of [`read`].
pub fn open(path: &Path) -> Result<Sequences, DataError> {
    read(BufReader::new(File::open(path).map_err(DataError::io(path))?), path)
}

/// Reads lists of numbers from `reader`; `path` identifies it in errors.
///
/// The content is a `.npy` file with an object array of shape `[texts]`, or of shape `[texts, length]` if all lists have
/// the same length.
///
/// # Errors
/// [`DataError::Format`] if the bytes are not such a file, end early, or continue after it. [`DataError::Unsupported`]
/// for arrays of other types, and for objects other than lists of numbers from 0 to 4294967295.
pub fn read(mut reader: impl Read, path: &Path) -> Result<Sequences, DataError> {
    let Header { element, fortran_order, shape } = Header::read(&mut reader, path)?;
    if element != Element::Object {
        return Err(unsupported(path, "it contains numbers, not Python objects"));
    }
    if fortran_order && shape.len() > 1 {
        return Err(unsupported(path, "it is in Fortran order"));
    }
    let PickledLists { tokens, numbers, rows, bytes } =
        Machine::new(reader, shape.first().copied().unwrap_or(0), path).run(&shape)?;
    match shape[..] {
        [texts] if texts == rows.len() => gather(tokens, rows, bytes, path),
        // NumPy creates a two-dimensional array if all lists have the same length.
        [texts, length] if texts <= MOST_OBJECTS && texts.checked_mul(length) == Some(numbers.len()) => {
            let offsets = (0..=texts).map(|text| text * length).collect();
            Sequences::from_parts(tokens[numbers].to_vec(), offsets)
        }
        _ => {
            let (rows, numbers) = (rows.len(), numbers.len());
            let found = format!(
                "its shape is {shape:?}, but it contains {rows} lists of numbers and {numbers} numbers"
            );
            Err(unsupported(path, found))
        }
    }
}

/// Returns the sequences at the ranges `rows` of `tokens`; `bytes` is the length of the pickle.
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
    // Usually each list is pickled once and in order, so the tokens need not be moved.
    let in_place = |(row, offset): (&Range<usize>, &usize)| row.is_empty() || row.start == *offset;
    let total = offsets[rows.len()];
    if total == tokens.len() && rows.iter().zip(&offsets).all(in_place) {
        return Sequences::from_parts(tokens, offsets);
    }
    if total as u64 > MOST_TOKENS.min(TOKENS_PER_BYTE * bytes) {
        return Err(unsupported(path, format!("its shared lists expand to {total} numbers")));
    }
    let mut gathered = Vec::with_capacity(total);
    rows.into_iter().for_each(|row| gathered.extend_from_slice(&tokens[row]));
    Sequences::from_parts(gathered, offsets)
}
