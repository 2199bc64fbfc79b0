//! The selection of stored rows that a view consists of.

use std::{ops::Range, sync::Arc};

/// Indices of stored rows, in the order of the view's samples.
///
/// Views share the list of selected rows; slicing only narrows `range`.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    /// The stored row of each position; `None` if the rows are consecutive.
    chosen: Option<Arc<[usize]>>,
    /// The view's part of `chosen`, or of the stored rows.
    range: Range<usize>,
}

impl Rows {
    /// Selects all of `len` stored rows.
    pub(crate) fn all(len: usize) -> Self {
        Self { chosen: None, range: 0..len }
    }

    pub(crate) fn len(&self) -> usize {
        self.range.len()
    }

    /// Returns the stored row of the sample at `position`.
    ///
    /// # Panics
    /// Panics if `position` is not below [`len`](Self::len).
    pub(crate) fn row(&self, position: usize) -> usize {
        assert!(position < self.len(), "position {position} is out of range for {} samples", self.len());
        let index = self.range.start + position;
        self.chosen.as_ref().map_or(index, |rows| rows[index])
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = usize> + Clone {
        (0..self.len()).map(|position| self.row(position))
    }

    /// Returns the rows in `range` of this view; a range that exceeds the length is truncated.
    pub(crate) fn slice(&self, range: &Range<usize>) -> Self {
        let end = range.end.min(self.len());
        let start = range.start.min(end);
        Self { chosen: self.chosen.clone(), range: self.range.start + start..self.range.start + end }
    }

    /// Returns the rows at `positions` of this view.
    ///
    /// # Panics
    /// Panics if a position is not below [`len`](Self::len).
    pub(crate) fn select(&self, positions: &[usize]) -> Self {
        let chosen = positions.iter().map(|position| self.row(*position)).collect();
        Self { chosen: Some(chosen), range: 0..positions.len() }
    }

    /// Returns `true` if both are known to be the same rows, without comparing lists.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.range == other.range
            && match (&self.chosen, &other.chosen) {
                (None, None) => true,
                (Some(own), Some(other)) => Arc::ptr_eq(own, other),
                _ => false,
            }
    }
}
