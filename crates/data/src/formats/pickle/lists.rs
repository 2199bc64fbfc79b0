//! The lists of a pickle while it is read.
//!
//! All numbers are stored in one array, and a list is a range of it, so that a list of any length costs only its entry
//! here and in the memo.

use std::{ops::Range, path::Path};

use super::refusal::unsupported;
use crate::error::DataError;

/// The content of a pickle.
#[derive(Debug)]
pub(super) struct PickledLists {
    /// The numbers of all lists.
    pub(super) tokens: Vec<u32>,
    /// The range in `tokens` of the numbers that the array's list holds itself.
    pub(super) numbers: Range<usize>,
    /// The ranges in `tokens` of the lists that it holds.
    pub(super) rows: Vec<Range<usize>>,
    /// The length of the pickle.
    pub(super) bytes: u64,
}

/// A list: of numbers, or of lists of numbers.
#[derive(Debug)]
struct List {
    /// The range of its numbers in [`Lists::tokens`].
    tokens: Range<usize>,
    /// The ranges in [`Lists::tokens`] of the lists in it.
    rows: Vec<Range<usize>>,
    /// Whether it is part of another list or of the array, and may not change any more.
    closed: bool,
}

/// All lists so far, by index.
pub(super) struct Lists<'a> {
    lists: Vec<List>,
    tokens: Vec<u32>,
    path: &'a Path,
}

impl<'a> Lists<'a> {
    pub(super) fn new(path: &'a Path) -> Self {
        Self { lists: Vec::new(), tokens: Vec::new(), path }
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
    /// [`DataError::Format`] if another list was extended since; [`DataError::Unsupported`] if the number is too large or negative.
    pub(super) fn append_number(&mut self, place: usize, number: i64) -> Result<(), DataError> {
        let end = self.tokens.len();
        let list = &mut self.lists[place];
        let Ok(token) = u32::try_from(number) else {
            let found = format!("list {place} in it holds {number}, not a number from 0 to {}", u32::MAX);
            return Err(unsupported(self.path, found));
        };
        if list.tokens.is_empty() {
            list.tokens = end..end;
        }
        if list.closed || !list.rows.is_empty() || list.tokens.end != end {
            return Err(DataError::format(self.path, "it extends a list that was complete"));
        }
        list.tokens.end += 1;
        self.tokens.push(token);
        Ok(())
    }

    /// Appends the list `row`, which may not change any more, to the list at `place`.
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
            return Err(unsupported(self.path, "a list in it holds numbers and lists"));
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
