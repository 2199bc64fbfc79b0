//! Samples that are in two parts of a split, or twice in one.

use std::{
    collections::HashSet,
    hash::{Hash, Hasher},
};

use crate::{DataError, Samples};

/// Sees to it that no sample held out is also trained on: "Deep Learning with Python", section 4.2.2.
///
/// Samples are the same if all of their inputs are, value by value as batches give them; targets play no part. So -0.0
/// and 0.0 are the same, and so is NaN and NaN: what is missing in both. Memory grows with the number of training
/// samples (at most 40 bytes each), not with their size; values are hashed, and compared where hashes agree.
///
/// # Errors
/// [`DataError::Leakage`] says how many there are, and which is the first; [`DataError::Argument`] if the inputs of the
/// parts differ in number or shape.
pub fn check_leakage(train: &Samples, held_out: &Samples) -> Result<(), DataError> {
    let shapes = |samples: &Samples| {
        samples.inputs().iter().map(|input| input.sample_shape().to_vec()).collect::<Vec<_>>()
    };
    if shapes(train) != shapes(held_out) {
        return Err(DataError::Argument {
            name: "the shape of the held-out inputs",
            value: format!("{:?}", shapes(held_out)),
            remedy: format!("that of the training inputs is {:?}", shapes(train)),
        });
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

/// The samples whose inputs do not occur before them, in their order: pandas' `drop_duplicates`.
///
/// What is the same is told as by [`check_leakage`]; of samples with the same inputs and different targets, too, the
/// first stays.
pub fn drop_duplicates(samples: &Samples) -> Samples {
    let mut positions: Vec<usize> = distinct(samples).into_iter().map(|row| row.position).collect();
    positions.sort_unstable();
    samples.chosen(&positions)
}

/// One sample of some, equal to another if its inputs hold the same values.
struct Row<'a> {
    samples: &'a Samples,
    position: usize,
}

fn rows(samples: &Samples) -> impl Iterator<Item = Row<'_>> {
    (0..samples.len()).map(move |position| Row { samples, position })
}

/// Of samples that are the same, the first.
fn distinct(samples: &Samples) -> HashSet<Row<'_>> {
    // With all the room from the start, nothing is hashed twice.
    let mut distinct = HashSet::with_capacity(samples.len());
    for row in rows(samples) {
        // A set keeps what it holds when the same is put in again.
        distinct.insert(row);
    }
    distinct
}

impl Row<'_> {
    /// Which input, which place in it, and the bits of every value but zeros.
    fn values(&self) -> impl Iterator<Item = (usize, usize, u64)> {
        self.samples.inputs().iter().enumerate().flat_map(|(input, column)| {
            let values = column.nonzeros(self.samples.row(self.position));
            values.map(move |(place, value)| {
                // NaN has many bit patterns.
                (input, place, if value.is_nan() { f64::NAN } else { value }.to_bits())
            })
        })
    }
}

impl Hash for Row<'_> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.values().for_each(|value| value.hash(hasher));
    }
}

impl PartialEq for Row<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.values().eq(other.values())
    }
}

impl Eq for Row<'_> {}
