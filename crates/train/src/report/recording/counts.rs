//! Fine-grained counts of values, so that the histograms of all steps can share an axis that is chosen at the end.

use std::collections::BTreeMap;

/// Octaves of 32-bit floats: from the values below 2^-126 to those from 2^127.
const OCTAVES: usize = 255;

/// Counts of values by the first 16 bits of their `f32` representation: sign, exponent, and seven bits of the mantissa.
///
/// Counts are exact, need little memory for any number of values, and need no bounds in advance.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Counts {
    /// The number of finite values for each combination of the first 16 bits.
    cells: Vec<(u16, u64)>,
    /// Number of values that are exactly 0, which are also counted in `cells`.
    pub zeros: u64,
    /// Number of values that are NaN.
    pub nan: u64,
    /// Number of infinite values.
    pub infinite: u64,
}

impl Counts {
    pub fn of(values: impl Iterator<Item = f32>) -> Self {
        let mut counts = Self::default();
        let mut cells = vec![0_u64; 1 << 16];
        for value in values {
            match value {
                _ if value.is_nan() => counts.nan += 1,
                _ if value.is_infinite() => counts.infinite += 1,
                _ => {
                    counts.zeros += u64::from(value == 0.0);
                    // Adding 0 converts -0 to 0.
                    cells[((value + 0.0).to_bits() >> 16) as usize] += 1;
                }
            }
        }
        let cells = cells.into_iter().zip(0..=u16::MAX).filter(|(count, _)| *count > 0);
        counts.cells = cells.map(|(count, cell)| (cell, count)).collect();
        counts
    }

    #[cfg(test)]
    pub fn finite(&self) -> u64 {
        self.cells.iter().map(|(_, count)| count).sum()
    }

    /// Returns the middle of each cell and the number of values in it, in ascending order.
    pub fn middles(&self) -> Vec<(f64, u64)> {
        let mut middles: Vec<(f64, u64)> =
            self.cells.iter().map(|(cell, count)| (middle(*cell), *count)).collect();
        middles.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        middles
    }

    /// Returns the number of values other than 0 in each octave, by the exponent of two at which the octave begins, in ascending
    /// order. Octave -127 contains the values below 2^-126.
    pub fn octaves(&self) -> Vec<(i32, u64)> {
        let mut octaves = BTreeMap::new();
        for (cell, count) in &self.cells {
            *octaves.entry(usize::from(cell >> 7) % (OCTAVES + 1)).or_insert(0) += count;
        }
        if let Some(smallest) = octaves.get_mut(&0) {
            *smallest -= self.zeros;
        }
        octaves.retain(|_, count| *count > 0);
        octaves.into_iter().map(|(octave, count)| (octave as i32 - 127, count)).collect()
    }
}

/// Returns a value inside a cell, not at its ends.
fn middle(cell: u16) -> f64 {
    f64::from(f32::from_bits(u32::from(cell) << 16 | 1 << 15))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_exactly_and_those_that_are_not_finite_apart() {
        let values = [0.0, -0.0, 1.0, 1.001, -1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e-45];
        let counts = Counts::of(values.into_iter());
        assert_eq!((counts.zeros, counts.nan, counts.infinite, counts.finite()), (2, 1, 2, 6));
        let counted: Vec<u64> = counts.middles().into_iter().map(|(_, count)| count).collect();
        // -1; 0, -0 and the smallest number; 1 and 1.001, which begin with the same bits.
        assert_eq!(counted, [1, 3, 2]);
        assert_eq!(counts.octaves(), [(-127, 1), (0, 3)]);
        assert_eq!(Counts::of(std::iter::empty()), Counts::default());
    }

    #[test]
    fn cells_are_in_the_order_of_their_values() {
        let values: Vec<f32> = (-50..50).map(|index| 1.1_f32.powi(index) * index as f32).collect();
        let middles = Counts::of(values.iter().copied()).middles();
        assert!(middles.is_sorted_by(|(a, _), (b, _)| a < b));
        assert_eq!(middles.iter().map(|(_, count)| count).sum::<u64>(), 100);
    }
}
