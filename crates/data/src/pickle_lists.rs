//! The lists of a pickle while it is read.
//!
//! Numbers go straight into one array, and a list is a range of it, however many numbers it has: nothing is
//! allocated for a list but its place here and in the memo.

use std::{ops::Range, path::Path};

use crate::{DataError, pickle::unsupported};

/// What a pickle holds.
#[derive(Debug)]
pub(crate) struct PickledLists {
    /// The numbers of all lists.
    pub(crate) tokens: Vec<u32>,
    /// The places in `tokens` of the numbers that the array's list holds itself.
    pub(crate) numbers: Range<usize>,
    /// The places in `tokens` of the lists that it holds.
    pub(crate) rows: Vec<Range<usize>>,
    /// The length of the pickle.
    pub(crate) bytes: u64,
}

/// A list: of numbers, or of lists of numbers.
#[derive(Debug)]
struct List {
    /// Its numbers' place in [`Lists::tokens`].
    tokens: Range<usize>,
    /// The places in [`Lists::tokens`] of the lists in it.
    rows: Vec<Range<usize>>,
    /// Whether it is part of another list or of the array: from then on it may not change.
    closed: bool,
}

/// All lists that were begun, by their places.
pub(crate) struct Lists<'a> {
    lists: Vec<List>,
    tokens: Vec<u32>,
    path: &'a Path,
}

impl<'a> Lists<'a> {
    pub(crate) fn new(path: &'a Path) -> Self {
        Self { lists: Vec::new(), tokens: Vec::new(), path }
    }

    /// Begins an empty list, and returns its place.
    pub(crate) fn begin(&mut self) -> usize {
        let end = self.tokens.len();
        self.lists.push(List { tokens: end..end, rows: Vec::new(), closed: false });
        self.lists.len() - 1
    }

    /// Lets the list at `place` not change any more.
    pub(crate) fn close(&mut self, place: usize) {
        self.lists[place].closed = true;
    }

    /// Appends a number to the list at `place`.
    ///
    /// # Errors
    /// [`DataError::Format`] if others came after it; [`DataError::Unsupported`] if the number is too large or negative.
    pub(crate) fn append_number(&mut self, place: usize, number: i64) -> Result<(), DataError> {
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
            return Err(DataError::format(self.path, "it goes on with a list that was complete"));
        }
        list.tokens.end += 1;
        self.tokens.push(token);
        Ok(())
    }

    /// Appends the list `row` to the list at `place`; it is complete with that.
    ///
    /// # Errors
    /// [`DataError::Unsupported`] if that makes more of them than lists of lists of numbers.
    pub(crate) fn append_list(&mut self, place: usize, row: usize) -> Result<(), DataError> {
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

    /// What the list at `place` holds.
    pub(crate) fn finish(mut self, place: usize, bytes: u64) -> PickledLists {
        let List { tokens: numbers, rows, .. } = self.lists.swap_remove(place);
        PickledLists { tokens: self.tokens, numbers, rows, bytes }
    }
}
