//! Detection of samples that are in both sets of a split, and of duplicates within a set.

use std::{
    collections::HashSet,
    hash::{Hash, Hasher},
};

use foldhash::fast::RandomState;

use super::samples::Samples;
use crate::error::DataError;

/// Checks that the training and validation sets are disjoint: "Deep Learning with Python", section 4.2.2.
///
/// Two samples are equal if all values of their inputs are equal; targets are ignored. -0.0 equals 0.0, and NaN, which
/// represents a missing value, equals NaN. The memory needed depends on the number of training samples (at most 40 bytes
/// per sample), not on their size: values are hashed, and compared only if their hashes are equal.
///
/// # Errors
/// [`DataError::Leakage`] if samples are in both sets, with their number and the first of them.
/// [`DataError::Argument`] if the inputs differ in number or shape.
pub fn check_leakage(train: &Samples, held_out: &Samples) -> Result<(), DataError> {
    let shapes = |samples: &Samples| {
        samples.inputs().iter().map(|input| input.sample_shape().to_vec()).collect::<Vec<_>>()
    };
    if shapes(train) != shapes(held_out) {
        return Err(DataError::argument(
            "the shape of the held-out inputs",
            format!("{:?}", shapes(held_out)),
            format!("give inputs of the shape of the training inputs, {:?}", shapes(train)),
        ));
    }
    let trained_on = distinct(train);
    let shared = rows(held_out).filter_map(|row| Some((row.position, trained_on.get(&row)?.position)));
    let mut shared = shared.peekable();
    match shared.peek().copied() {
        None => Ok(()),
        Some((held_out_position, train_position)) => Err(DataError::Leakage {
            shared: shared.count(),
            held_out: held_out.len(),
            held_out_position,
            train_position,
        }),
    }
}

/// Returns the samples without duplicates, in their order, like pandas' `drop_duplicates`.
///
/// Samples are compared as in [`check_leakage`]. The first of several samples with equal inputs is kept, even if their
/// targets differ.
pub fn drop_duplicates(samples: &Samples) -> Samples {
    let mut positions: Vec<usize> = distinct(samples).into_iter().map(|row| row.position).collect();
    positions.sort_unstable();
    samples.view(|rows| rows.select(&positions))
}

/// One sample, compared by the values of its inputs.
struct Row<'a> {
    samples: &'a Samples,
    position: usize,
}

fn rows(samples: &Samples) -> impl Iterator<Item = Row<'_>> {
    (0..samples.len()).map(move |position| Row { samples, position })
}

/// Returns the first sample of each group of equal samples.
fn distinct(samples: &Samples) -> HashSet<Row<'_>, RandomState> {
    // Reserves capacity in advance to avoid rehashing.
    let mut distinct = HashSet::with_capacity_and_hasher(samples.len(), RandomState::default());
    for row in rows(samples) {
        // Inserting an equal element keeps the existing one.
        distinct.insert(row);
    }
    distinct
}

impl Row<'_> {
    /// Calls `each` with the input's index, the value's index, and the bits of each nonzero value.
    fn for_each_value(&self, mut each: impl FnMut(usize, usize, u64)) {
        for (input, column) in self.samples.inputs().iter().enumerate() {
            column.for_each_nonzero(self.position, |place, value| {
                // NaN has many bit patterns; they must compare equal.
                each(input, place, if value.is_nan() { f64::NAN } else { value }.to_bits());
            });
        }
    }

    fn values(&self) -> Vec<(usize, usize, u64)> {
        let mut values = Vec::new();
        self.for_each_value(|input, place, bits| values.push((input, place, bits)));
        values
    }
}

impl Hash for Row<'_> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.for_each_value(|input, place, bits| {
            hasher.write_usize(input << 32 | place);
            hasher.write_u64(bits);
        });
    }
}

impl PartialEq for Row<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.values() == other.values()
    }
}

impl Eq for Row<'_> {}
