//! A batch of sparse samples.

use std::{ops::Range, sync::OnceLock};

use burn::tensor::TensorData;

/// Samples of which most values are 0, shape `[batch, ...]`, as compressed sparse rows: the values of sample `i` that are
/// not 0 are at `offsets[i]..offsets[i + 1]`, in ascending order of their place in the sample.
#[derive(Clone, Debug)]
pub struct SparseRows {
    /// None if each sample has one value.
    offsets: Option<Vec<u32>>,
    columns: Vec<u32>,
    /// None if all values are 1.
    values: Option<Vec<f32>>,
    /// Of one sample.
    sample_shape: Vec<usize>,
    by_column: OnceLock<SparseColumns>,
}

/// The same values column by column: those of `columns[i]`, ascending, are at `offsets[i]..offsets[i + 1]`, in ascending
/// order of their rows. Columns without a value are left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SparseColumns {
    /// The columns that have values, ascending.
    pub columns: Vec<u32>,
    /// Where the values of each column begin, and the end.
    pub offsets: Vec<u32>,
    /// The row of each value.
    pub rows: Vec<u32>,
    /// The values; none if all are 1.
    pub values: Option<Vec<f32>>,
}

/// Bits of a column's number by which values are sorted at a time: the counts fit into a core's second cache.
const DIGIT: u32 = 16;

impl SparseRows {
    /// Creates a batch. `offsets` has one entry for each sample, and the end.
    ///
    /// # Panics
    /// Panics if the lengths do not fit, or a column is not below the number of values of a sample.
    pub fn new(
        offsets: Vec<u32>,
        columns: Vec<u32>,
        values: Option<Vec<f32>>,
        sample_shape: Vec<usize>,
    ) -> Self {
        let width: usize = sample_shape.iter().product();
        assert!(offsets.first() == Some(&0) && offsets.is_sorted(), "offsets ascend from 0");
        assert_eq!(
            offsets.last().map(|end| *end as usize),
            Some(columns.len()),
            "the last offset is the end"
        );
        assert!(values.as_ref().is_none_or(|values| values.len() == columns.len()), "one value per column");
        assert!(columns.iter().all(|column| (*column as usize) < width), "columns are below {width}");
        Self { offsets: Some(offsets), columns, values, sample_shape, by_column: OnceLock::new() }
    }

    /// Creates one-hot vectors: sample `i` is 1 at `columns[i]`, and 0 at the other places of `width`.
    ///
    /// # Panics
    /// Panics if a column is not below `width`.
    pub fn one_hot(columns: Vec<u32>, width: usize) -> Self {
        assert!(columns.iter().all(|column| (*column as usize) < width), "columns are below {width}");
        Self { offsets: None, columns, values: None, sample_shape: vec![width], by_column: OnceLock::new() }
    }

    /// Returns the number of samples.
    pub fn len(&self) -> usize {
        self.offsets.as_ref().map_or(self.columns.len(), |offsets| offsets.len() - 1)
    }

    /// Returns whether the samples are those of [`one_hot`](Self::one_hot).
    pub fn is_one_hot(&self) -> bool {
        self.offsets.is_none()
    }

    /// Returns the places among all values of those of a sample.
    #[inline]
    fn places(&self, sample: usize) -> Range<usize> {
        match &self.offsets {
            Some(offsets) => offsets[sample] as usize..offsets[sample + 1] as usize,
            None => sample..sample + 1,
        }
    }

    /// Returns `true` if there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the shape of one sample.
    pub fn sample_shape(&self) -> &[usize] {
        &self.sample_shape
    }

    /// Returns the number of values of a sample, zeros included.
    pub fn width(&self) -> usize {
        self.sample_shape.iter().product()
    }

    /// Returns the places of a sample's values in it, ascending, and the values; `None` if all are 1.
    ///
    /// # Panics
    /// Panics if there is no such sample.
    #[inline]
    pub fn sample(&self, index: usize) -> (&[u32], Option<&[f32]>) {
        let places = self.places(index);
        (&self.columns[places.clone()], self.values.as_ref().map(|values| &values[places]))
    }

    /// Returns the place of each value in its sample, `[values]`.
    pub fn columns(&self) -> &[u32] {
        &self.columns
    }

    /// Returns the sample of each value, `[values]`.
    pub fn rows(&self) -> impl Iterator<Item = u32> {
        (0..self.len()).flat_map(|row| self.places(row).map(move |_| row as u32))
    }

    /// Returns the values, `[values]`; `None` if all are 1.
    pub fn values(&self) -> Option<&[f32]> {
        self.values.as_deref()
    }

    /// Returns the samples in another shape with the same number of values.
    ///
    /// # Panics
    /// Panics if the number of values differs.
    pub fn reshape(self, sample_shape: Vec<usize>) -> Self {
        assert_eq!(
            self.width(),
            sample_shape.iter().product::<usize>(),
            "samples keep their number of values"
        );
        Self { sample_shape, ..self }
    }

    /// Returns the samples with their zeros, `[batch, ...]`.
    pub fn dense(&self) -> TensorData {
        let width = self.width();
        let mut dense = vec![0.0_f32; self.len() * width];
        for row in 0..self.len() {
            let sample = &mut dense[row * width..][..width];
            for place in self.places(row) {
                sample[self.columns[place] as usize] =
                    self.values.as_ref().map_or(1.0, |values| values[place]);
            }
        }
        let shape: Vec<usize> =
            std::iter::once(self.len()).chain(self.sample_shape.iter().copied()).collect();
        TensorData::new(dense, shape)
    }

    /// Returns the values column by column. They are sorted at the first call.
    pub fn by_column(&self) -> &SparseColumns {
        self.by_column.get_or_init(|| self.sort())
    }

    /// Sorts by the columns' numbers, and keeps the order of the rows of a column.
    fn sort(&self) -> SparseColumns {
        let digits = self.width().div_ceil(1 << DIGIT);
        if digits > 1 { self.sort_wide(digits) } else { self.sort_narrow() }
    }

    /// With a counter for each column.
    fn sort_narrow(&self) -> SparseColumns {
        let mut next = vec![0_u32; self.width()];
        self.columns.iter().for_each(|column| next[*column as usize] += 1);
        let mut by_column = SparseColumns::default();
        let mut start = 0;
        for (column, next) in next.iter_mut().enumerate().filter(|(_, count)| **count > 0) {
            by_column.columns.push(column as u32);
            by_column.offsets.push(start);
            start += std::mem::replace(next, start);
        }
        by_column.offsets.push(start);
        by_column.rows = vec![0; self.columns.len()];
        by_column.values = self.values.as_ref().map(|values| vec![0.0; values.len()]);
        for row in 0..self.len() {
            for place in self.places(row) {
                let next = &mut next[self.columns[place] as usize];
                by_column.rows[*next as usize] = row as u32;
                if let (Some(sorted), Some(values)) = (&mut by_column.values, &self.values) {
                    sorted[*next as usize] = values[place];
                }
                *next += 1;
            }
        }
        by_column
    }

    /// By the lower halves of the columns' numbers first, then by the higher ones.
    fn sort_wide(&self, digits: usize) -> SparseColumns {
        let high = |place: &u32| (self.columns[*place as usize] >> DIGIT) as usize;
        let low = |place: &u32| self.columns[*place as usize] as usize & ((1 << DIGIT) - 1);
        let entries: Vec<u32> = (0..self.columns.len() as u32).collect();
        let entries = sorted(&sorted(&entries, 1 << DIGIT, low), digits, high);
        let rows: Vec<u32> = self.rows().collect();
        let mut by_column = SparseColumns::default();
        for (place, entry) in entries.iter().enumerate() {
            let column = self.columns[*entry as usize];
            if by_column.columns.last() != Some(&column) {
                by_column.columns.push(column);
                by_column.offsets.push(place as u32);
            }
        }
        by_column.offsets.push(entries.len() as u32);
        by_column.rows = entries.iter().map(|entry| rows[*entry as usize]).collect();
        by_column.values =
            self.values.as_ref().map(|values| entries.iter().map(|entry| values[*entry as usize]).collect());
        by_column
    }
}

/// Returns entries sorted by a digit below `digits`; entries of the same digit keep their order.
fn sorted(entries: &[u32], digits: usize, digit: impl Fn(&u32) -> usize) -> Vec<u32> {
    let mut places = vec![0_u32; digits + 1];
    entries.iter().for_each(|entry| places[digit(entry) + 1] += 1);
    for next in 1..digits {
        places[next] += places[next - 1];
    }
    let mut sorted = vec![0; entries.len()];
    for entry in entries {
        let place = &mut places[digit(entry)];
        sorted[*place as usize] = *entry;
        *place += 1;
    }
    sorted
}

impl PartialEq for SparseRows {
    /// The order by columns follows from the rest.
    fn eq(&self, other: &Self) -> bool {
        let places = |rows: &Self| (0..rows.len()).map(|row| rows.places(row)).collect::<Vec<_>>();
        (self.offsets == other.offsets || places(self) == places(other))
            && self.columns == other.columns
            && self.values == other.values
            && self.sample_shape == other.sample_shape
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn columns_hold_the_values_of_the_rows(
            rows in prop::collection::vec(prop::collection::btree_map(0_u32..100_000, -2.0_f32..2.0, 0..20), 0..9),
            ones: bool, narrow: bool,
        ) {
            let width = if narrow { 5000 } else { 100_000 };
            let rows: Vec<BTreeMap<u32, f32>> =
                rows.into_iter().map(|row| row.into_iter().map(|(column, value)| (column % width, value)).collect()).collect();
            let mut offsets = vec![0];
            let (mut columns, mut values) = (Vec::new(), Vec::new());
            for row in &rows {
                columns.extend(row.keys());
                values.extend(row.values());
                offsets.push(columns.len() as u32);
            }
            let mut expected: Vec<(u32, u32, f32)> = Vec::new();
            for (index, row) in rows.iter().enumerate() {
                expected.extend(row.iter().map(|(column, value)| (*column, index as u32, if ones { 1.0 } else { *value })));
            }
            expected.sort_by_key(|(column, row, _)| (*column, *row));
            let batch = SparseRows::new(offsets, columns, (!ones).then_some(values), vec![width as usize]);
            let sorted = batch.by_column();
            let mut found = Vec::new();
            for (index, ends) in sorted.offsets.windows(2).enumerate() {
                prop_assert!(ends[0] < ends[1]);
                for place in ends[0] as usize..ends[1] as usize {
                    let value = sorted.values.as_ref().map_or(1.0, |values| values[place]);
                    found.push((sorted.columns[index], sorted.rows[place], value));
                }
            }
            prop_assert_eq!(found, expected);
        }
    }
}
