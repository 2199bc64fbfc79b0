//! Sequences of word ids in one allocation.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::error::DataError;

/// Sequences of ids with different lengths, stored one after the other in one array.
///
/// IMDB takes 47 MB in this form. A `Vec<Vec<u32>>` would need one allocation per text.
///
/// ```
/// use kindling_data::Sequences;
///
/// let texts: Sequences = [&[1, 14, 22][..], &[], &[1, 9]].into_iter().collect();
/// assert_eq!((texts.len(), texts.tokens().len()), (3, 5));
/// assert_eq!(texts.get(2), Some(&[1, 9][..]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Sequences {
    tokens: Vec<u32>,
    /// The start of each sequence, and the end of the last one: ascending from 0 to `tokens.len()`.
    offsets: Vec<usize>,
}

/// The serialized form, which is checked on deserialization.
#[derive(Serialize, Deserialize)]
struct Parts {
    tokens: Vec<u32>,
    offsets: Vec<usize>,
}

impl Sequences {
    /// Creates an empty collection.
    pub fn new() -> Self {
        Self { tokens: Vec::new(), offsets: vec![0] }
    }

    /// Creates an empty collection with capacity for the given numbers of sequences and tokens.
    pub fn with_capacity(sequences: usize, tokens: usize) -> Self {
        let mut offsets = Vec::with_capacity(sequences + 1);
        offsets.push(0);
        Self { tokens: Vec::with_capacity(tokens), offsets }
    }

    /// Creates sequences from all tokens and the offsets `[sequences + 1]`: the start of each sequence, and the end of the
    /// last one. Nothing is copied.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the offsets do not ascend from 0 to the number of tokens.
    pub fn from_parts(tokens: Vec<u32>, offsets: Vec<usize>) -> Result<Self, DataError> {
        let ascending = offsets.is_sorted();
        match (offsets.first(), offsets.last()) {
            (Some(0), Some(&end)) if ascending && end == tokens.len() => Ok(Self { tokens, offsets }),
            (first, last) => Err(DataError::Argument {
                name: "offsets",
                value: format!(
                    "{first:?} to {last:?}, {}",
                    if ascending { "ascending" } else { "not ascending" }
                ),
                remedy: format!("they must ascend from 0 to the number of tokens, {}", tokens.len()),
            }),
        }
    }

    /// Appends a sequence.
    pub fn push(&mut self, sequence: impl IntoIterator<Item = u32>) {
        self.tokens.extend(sequence);
        self.offsets.push(self.tokens.len());
    }

    /// Returns the number of sequences.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Returns `true` if there are no sequences.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the sequence at `index`, or `None` if it is out of range.
    pub fn get(&self, index: usize) -> Option<&[u32]> {
        let end = *self.offsets.get(index.checked_add(1)?)?;
        Some(&self.tokens[self.offsets[index]..end])
    }

    /// Returns an iterator over the sequences, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u32]> + DoubleEndedIterator + Clone {
        self.offsets.windows(2).map(|bounds| &self.tokens[bounds[0]..bounds[1]])
    }

    /// Returns the tokens of all sequences, one after the other.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Returns the start of each sequence in [`tokens`](Self::tokens), and the end of the last one: `[len + 1]`.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// Returns a copy of the sequences at `positions`, in that order; a position may occur more than once.
    ///
    /// # Errors
    /// [`DataError::Argument`] if a position is not below [`len`](Self::len).
    pub fn select(&self, positions: &[usize]) -> Result<Self, DataError> {
        if let Some(position) = positions.iter().find(|position| **position >= self.len()) {
            return Err(DataError::Argument {
                name: "a position",
                value: position.to_string(),
                remedy: format!("there are {} sequences", self.len()),
            });
        }
        Ok(self.at(positions).collect())
    }

    /// Returns the sequences at those of `positions` that are below [`len`](Self::len), in that order.
    pub(crate) fn at(&self, positions: &[usize]) -> impl Iterator<Item = &[u32]> {
        positions.iter().filter_map(|&position| self.get(position))
    }

    /// Returns a copy of the sequences in `range`. Like Python's `x[a:b]`, a range that exceeds the length is truncated.
    pub fn slice(&self, range: Range<usize>) -> Self {
        let end = range.end.min(self.len());
        let start = range.start.min(end);
        let first = self.offsets[start];
        Self {
            tokens: self.tokens[first..self.offsets[end]].to_vec(),
            offsets: self.offsets[start..=end].iter().map(|offset| offset - first).collect(),
        }
    }

    /// Returns the largest token, or `None` if there are no tokens.
    pub fn max(&self) -> Option<u32> {
        self.tokens.iter().copied().max()
    }
}

impl Default for Sequences {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: AsRef<[u32]>> FromIterator<S> for Sequences {
    fn from_iter<I: IntoIterator<Item = S>>(sequences: I) -> Self {
        let mut all = Self::new();
        all.extend(sequences);
        all
    }
}

impl<S: AsRef<[u32]>> Extend<S> for Sequences {
    fn extend<I: IntoIterator<Item = S>>(&mut self, sequences: I) {
        for sequence in sequences {
            self.push(sequence.as_ref().iter().copied());
        }
    }
}

impl TryFrom<Parts> for Sequences {
    type Error = DataError;

    fn try_from(Parts { tokens, offsets }: Parts) -> Result<Self, DataError> {
        Self::from_parts(tokens, offsets)
    }
}

impl From<Sequences> for Parts {
    fn from(Sequences { tokens, offsets }: Sequences) -> Self {
        Self { tokens, offsets }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn inconsistent_offsets_are_rejected() {
        let from = |offsets: &[usize]| Sequences::from_parts(vec![1, 2, 3], offsets.to_vec());
        assert_eq!(from(&[0, 2, 2, 3]).unwrap(), [&[1, 2][..], &[], &[3]].into_iter().collect());
        for offsets in [&[][..], &[0], &[1, 3], &[0, 2], &[0, 4], &[0, 3, 2, 3]] {
            let error = from(offsets).unwrap_err().to_string();
            assert!(error.contains("must ascend from 0 to the number of tokens, 3"), "{error}");
        }
    }

    #[test]
    fn the_error_names_a_position_out_of_range() {
        let error = Sequences::from_iter([[1], [2]]).select(&[0, 2]).unwrap_err().to_string();
        assert_eq!(error, "a position is 2: there are 2 sequences");
    }

    proptest! {
        #[test]
        fn sequences_behave_like_a_list_of_lists(
            lists in prop::collection::vec(prop::collection::vec(any::<u32>(), 0..5), 0..8),
            positions in prop::collection::vec(0_usize..8, 0..12),
            (start, end) in (0_usize..10, 0_usize..10),
        ) {
            let sequences: Sequences = lists.iter().collect();
            prop_assert_eq!((sequences.len(), sequences.is_empty()), (lists.len(), lists.is_empty()));
            prop_assert!(sequences.iter().eq(lists.iter().map(Vec::as_slice)));
            prop_assert_eq!(sequences.tokens(), lists.concat());
            prop_assert_eq!(sequences.max(), lists.concat().into_iter().max());
            for index in 0..10 {
                prop_assert_eq!(sequences.get(index), lists.get(index).map(Vec::as_slice));
            }
            prop_assert_eq!(sequences.get(usize::MAX), None);

            let end_of_lists = end.min(lists.len());
            let part: Sequences = lists[start.min(end_of_lists)..end_of_lists].iter().collect();
            prop_assert_eq!(sequences.slice(start..end), part);

            match sequences.select(&positions) {
                Ok(chosen) => prop_assert!(chosen.iter().eq(positions.iter().map(|&i| &lists[i][..]))),
                Err(_) => prop_assert!(positions.iter().any(|&position| position >= lists.len())),
            }
            let parts = Parts::from(sequences.clone());
            prop_assert_eq!(Sequences::try_from(parts).unwrap(), sequences);
        }
    }
}
