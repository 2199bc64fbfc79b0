//! Samples that are in two parts of a split, or twice in one part.

use std::{
    collections::HashSet,
    hash::{Hash, Hasher},
};

use foldhash::fast::RandomState;

use super::samples::Samples;
use crate::error::DataError;

/// Checks that the training and validation sets are disjoint: "Deep Learning with Python", section 4.2.2.
///
/// Two samples are equal if all of their inputs are, value by value as batches hold them; targets do not count. So -0.0
/// equals 0.0, and NaN, a missing value, equals NaN. Memory grows with the number of training samples (at most 40 bytes
/// each), not with their size: values are hashed, and compared where hashes agree.
///
/// # Errors
/// [`DataError::Leakage`] if some samples are in both sets; it says how many, and names the first.
/// [`DataError::Argument`] if the inputs differ in number or shape.
pub fn check_leakage(train: &Samples, held_out: &Samples) -> Result<(), DataError> {
    let shapes = |samples: &Samples| {
        samples.inputs().iter().map(|input| input.sample_shape().to_vec()).collect::<Vec<_>>()
    };
    if shapes(train) != shapes(held_out) {
        return Err(DataError::argument(
            "the shape of the held-out inputs",
            format!("{:?}", shapes(held_out)),
            format!("that of the training inputs is {:?}", shapes(train)),
        ));
    }
    let trained_on = distinct(train);
    let twins = rows(held_out).filter_map(|row| Some((row.position, trained_on.get(&row)?.position)));
    let mut twins = twins.peekable();
    match twins.peek().copied() {
        None => Ok(()),
        Some((held_out_position, train_position)) => Err(DataError::Leakage {
            shared: twins.count(),
            held_out: held_out.len(),
            held_out_position,
            train_position,
        }),
    }
}

/// Returns the samples without repetitions, in their order: pandas' `drop_duplicates`.
///
/// Samples are compared as by [`check_leakage`]. Of samples with equal inputs and different targets, the first is kept.
pub fn drop_duplicates(samples: &Samples) -> Samples {
    let mut positions: Vec<usize> = distinct(samples).into_iter().map(|row| row.position).collect();
    positions.sort_unstable();
    samples.view(|rows| rows.select(&positions))
}

/// One sample, equal to another if its inputs hold the same values.
struct Row<'a> {
    samples: &'a Samples,
    position: usize,
}

fn rows(samples: &Samples) -> impl Iterator<Item = Row<'_>> {
    (0..samples.len()).map(move |position| Row { samples, position })
}

/// Returns the first of each group of equal samples.
fn distinct(samples: &Samples) -> HashSet<Row<'_>, RandomState> {
    // Reserving all of the memory first avoids hashing again when the set grows.
    let mut distinct = HashSet::with_capacity_and_hasher(samples.len(), RandomState::default());
    for row in rows(samples) {
        // A set keeps its element when an equal one is inserted.
        distinct.insert(row);
    }
    distinct
}

impl Row<'_> {
    /// Calls `each` with the input's index, the value's index, and the bits of each value that is not 0.
    fn for_each_value(&self, mut each: impl FnMut(usize, usize, u64)) {
        for (input, column) in self.samples.inputs().iter().enumerate() {
            column.for_each_nonzero(self.position, |place, value| {
                // NaN has many bit patterns.
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
