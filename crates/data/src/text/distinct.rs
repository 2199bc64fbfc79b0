//! The distinct ids of a text, in ascending order: a text as the set of its words.

/// The largest limit up to which there is a bit for each id. Beyond, searching the bits takes longer than sorting.
const MOST_BITS: usize = 1 << 16;

/// A set of ids, filled and emptied once for each text.
pub(super) struct DistinctIds {
    /// A bit for each id; all are 0 between two texts.
    bits: Vec<u64>,
}

impl DistinctIds {
    /// Creates an empty set of ids below `limit`.
    pub(super) fn new(limit: usize) -> Self {
        let words = if limit <= MOST_BITS { limit.div_ceil(64) } else { 0 };
        Self { bits: vec![0; words] }
    }

    /// Returns the distinct ids of `text` in ascending order, or `text` itself if it has ids that are not below the limit.
    pub(super) fn of(&mut self, text: &[u32]) -> Vec<u32> {
        if text.iter().max().is_some_and(|&id| id as usize / 64 >= self.bits.len()) {
            return text.to_vec();
        }
        for &id in text {
            self.bits[id as usize / 64] |= 1 << (id % 64);
        }
        let mut ids = Vec::with_capacity(text.len());
        for (place, bits) in (0..).zip(&mut self.bits) {
            let mut bits = std::mem::take(bits);
            while bits != 0 {
                ids.push(64 * place + bits.trailing_zeros());
                bits &= bits - 1;
            }
        }
        ids
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn they_are_sorted_without_repetitions(
            texts in prop::collection::vec(prop::collection::vec(0_u32..200, 0..50), 0..5), limit in 0_usize..300,
        ) {
            let mut set = DistinctIds::new(limit);
            for text in texts {
                let mut expected = text.clone();
                // Of ids beyond the last word of bits nothing is said, so that the caller names them.
                if text.iter().all(|id| (*id as usize) < limit.next_multiple_of(64)) {
                    expected.sort_unstable();
                    expected.dedup();
                }
                prop_assert_eq!(set.of(&text), expected);
            }
        }
    }

    #[test]
    fn sets_of_many_possible_ids_take_no_memory() {
        assert_eq!(DistinctIds::new(1 << 31).of(&[u32::MAX, 1, 1]), [u32::MAX, 1, 1]);
    }
}
