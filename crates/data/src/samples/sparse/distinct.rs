//! Distinct ids of a text.

/// Computes the distinct ids of texts.
pub(in crate::samples) struct Distinct {
    dimension: usize,
    /// One bit for each id of the dimension.
    seen: Vec<u64>,
}

impl Distinct {
    pub fn new(dimension: usize) -> Self {
        Self { dimension, seen: Vec::new() }
    }

    /// Returns the distinct ids in ascending order.
    ///
    /// # Errors
    /// The largest id if it is not below the dimension.
    pub fn of(&mut self, text: &[u32]) -> Result<Vec<u32>, u32> {
        if let Some(id) = text.iter().max().filter(|id| **id as usize >= self.dimension) {
            return Err(*id);
        }
        // Scanning a bit set is faster than sorting unless there are far fewer ids than 64-bit words.
        if self.dimension / 64 <= 2 * text.len() {
            self.seen.resize(self.dimension.div_ceil(64), 0);
            text.iter().for_each(|id| self.seen[*id as usize / 64] |= 1 << (id % 64));
            let mut ids = Vec::with_capacity(text.len());
            for (word, bits) in self.seen.iter_mut().enumerate() {
                while *bits != 0 {
                    ids.push(word as u32 * 64 + bits.trailing_zeros());
                    *bits &= *bits - 1;
                }
            }
            return Ok(ids);
        }
        let mut ids = text.to_vec();
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ids_are_sorted_and_distinct(
            texts in prop::collection::vec(prop::collection::vec(0_u32..300, 0..50), 0..5), dimension in 1_usize..30_000,
        ) {
            let mut distinct = Distinct::new(dimension);
            for text in texts {
                let largest = text.iter().max().copied().filter(|id| *id as usize >= dimension);
                let mut expected = text.clone();
                expected.sort_unstable();
                expected.dedup();
                prop_assert_eq!(distinct.of(&text), largest.map_or(Ok(expected), Err));
            }
        }
    }
}
