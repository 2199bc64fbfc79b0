//! Storage for the lists of a pickle while it is decoded.
//!
//! The numbers of all lists are stored in one array, and each list is a range of it. So the overhead of a list is one entry
//! here and one in the memo.

use std::{ops::Range, path::Path};

use super::{MOST_TOKENS, refusal::unsupported};
use crate::error::DataError;

/// The content of a pickle.
#[derive(Debug)]
pub(super) struct PickledLists {
    /// The numbers of all lists.
    pub(super) tokens: Vec<u32>,
    /// The range in `tokens` of the numbers that are direct elements of the array's list.
    pub(super) numbers: Range<usize>,
    /// The ranges in `tokens` of the lists in the array's list.
    pub(super) rows: Vec<Range<usize>>,
    /// The length of the pickle in bytes.
    pub(super) bytes: u64,
}

/// A list of numbers, or of lists of numbers.
#[derive(Debug)]
struct List {
    /// The range of its numbers in [`Lists::tokens`].
    tokens: Range<usize>,
    /// The ranges in [`Lists::tokens`] of the lists in it.
    rows: Vec<Range<usize>>,
    /// Whether it is an element of another list or of the array, and must not change any more.
    closed: bool,
}

/// All lists so far, by index.
pub(super) struct Lists<'a> {
    lists: Vec<List>,
    tokens: Vec<u32>,
    /// Number of lists that the array's header announces.
    announced: usize,
    path: &'a Path,
}

/// Number of values after which the mean length of a list is estimated.
const SAMPLE: usize = 1 << 18;

/// Largest factor by which the storage grows at once, so that a small file makes no large allocation.
const LARGEST_GROWTH: usize = 64;

impl<'a> Lists<'a> {
    /// Creates storage for an array whose header announces `announced` lists.
    pub(super) fn new(announced: usize, path: &'a Path) -> Self {
        Self { lists: Vec::new(), tokens: Vec::new(), announced, path }
    }

    /// Creates an empty list and returns its index.
    pub(super) fn begin(&mut self) -> usize {
        let end = self.tokens.len();
        self.lists.push(List { tokens: end..end, rows: Vec::new(), closed: false });
        self.lists.len() - 1
    }

    /// Forbids further changes of the list at `place`.
    pub(super) fn close(&mut self, place: usize) {
        self.lists[place].closed = true;
    }

    /// Appends a number to the list at `place`.
    ///
    /// # Errors
    /// The errors of [`append_numbers`](Self::append_numbers); [`DataError::Unsupported`] if the number is negative or too
    /// large.
    pub(super) fn append_number(&mut self, place: usize, number: i64) -> Result<(), DataError> {
        match u32::try_from(number) {
            Ok(token) => self.append_numbers(place, &[token]),
            Err(_) => {
                let found = format!("list {place} in it holds {number}, not a number from 0 to {}", u32::MAX);
                Err(unsupported(self.path, found))
            }
        }
    }

    /// Appends numbers to the list at `place`.
    ///
    /// # Errors
    /// [`DataError::Format`] if another list was extended in the meantime; [`DataError::Unsupported`] if there are too many
    /// numbers.
    pub(super) fn append_numbers(&mut self, place: usize, numbers: &[u32]) -> Result<(), DataError> {
        if numbers.is_empty() {
            return Ok(());
        }
        let end = self.tokens.len();
        let list = &mut self.lists[place];
        if list.tokens.is_empty() {
            list.tokens = end..end;
        }
        if list.closed || !list.rows.is_empty() || list.tokens.end != end {
            return Err(DataError::format(self.path, "it extends a list that was already complete"));
        }
        list.tokens.end += numbers.len();
        if (end + numbers.len()) as u64 > MOST_TOKENS {
            return Err(unsupported(self.path, format!("it holds more than {MOST_TOKENS} numbers")));
        }
        self.make_room(numbers.len());
        self.tokens.extend_from_slice(numbers);
        Ok(())
    }

    /// Reserves memory for `further` numbers: first for [`SAMPLE`] values, then for the announced number of lists times
    /// their mean length so far, plus an eighth. Repeated doubling would copy all numbers and use twice the memory.
    fn make_room(&mut self, further: usize) {
        let needed = self.tokens.len() + further;
        if needed <= self.tokens.capacity() {
            return;
        }
        let mean = needed as f64 / self.lists.len() as f64;
        let expected = match needed < SAMPLE {
            true => SAMPLE,
            false => ((1.125 * mean * self.announced as f64) as usize).min(MOST_TOKENS as usize),
        };
        let capacity = expected.min(LARGEST_GROWTH * needed).max(2 * needed).min(MOST_TOKENS as usize);
        self.tokens.reserve_exact(capacity - self.tokens.len());
    }

    /// Appends the list `row` to the list at `place`, and forbids further changes of `row`.
    ///
    /// # Errors
    /// [`DataError::Unsupported`] if lists are nested more deeply than lists of lists of numbers.
    pub(super) fn append_list(&mut self, place: usize, row: usize) -> Result<(), DataError> {
        self.lists[row].closed = true;
        if !self.lists[row].rows.is_empty() {
            return Err(unsupported(self.path, "its lists are nested"));
        }
        let tokens = self.lists[row].tokens.clone();
        let list = &mut self.lists[place];
        if list.closed || !list.tokens.is_empty() {
            return Err(unsupported(self.path, "a list in it mixes numbers and lists"));
        }
        list.rows.push(tokens);
        Ok(())
    }

    /// Returns the content of the list at `place`.
    pub(super) fn finish(mut self, place: usize, bytes: u64) -> PickledLists {
        let List { tokens: numbers, rows, .. } = self.lists.swap_remove(place);
        PickledLists { tokens: self.tokens, numbers, rows, bytes }
    }
}
