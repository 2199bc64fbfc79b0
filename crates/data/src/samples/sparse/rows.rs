//! Batches of sparse samples.

use std::{ops::Range, sync::OnceLock};

use burn::tensor::TensorData;

/// A batch of sparse samples, shape `[batch, ...]`, in compressed sparse row (CSR) format. The nonzero values of sample `i`
/// are at `offsets[i]..offsets[i + 1]`, in ascending order of their column, the index in the flattened sample.
#[derive(Clone, Debug)]
pub struct SparseRows {
    /// `None` if each sample has exactly one nonzero value.
    offsets: Option<Vec<u32>>,
    columns: Vec<u32>,
    /// `None` if all nonzero values are 1.
    values: Option<Vec<f32>>,
    /// The shape of one sample.
    sample_shape: Vec<usize>,
    by_column: OnceLock<SparseColumns>,
}

/// A batch of sparse samples in compressed sparse column (CSC) format without empty columns. The nonzero values of column
/// `columns[i]` are at `offsets[i]..offsets[i + 1]`, in ascending order of their rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SparseColumns {
    /// The columns with nonzero values, in ascending order.
    pub columns: Vec<u32>,
    /// The start of each column's values, and the end of the last one: `[columns + 1]`.
    pub offsets: Vec<u32>,
    /// The row of each nonzero value.
    pub rows: Vec<u32>,
    /// The nonzero values; `None` if all are 1.
    pub values: Option<Vec<f32>>,
}

/// Number of bits of a column index per pass of the radix sort: the counters fit into the L2 cache of a core.
const DIGIT: u32 = 16;

impl SparseRows {
    /// Creates a batch. `offsets` contains the start of each sample's values, and the end of the last one: `[batch + 1]`.
    /// `values` is `None` if all nonzero values are 1.
    ///
    /// # Panics
    /// Panics if the lengths do not match, or a column is not below the number of values of a sample.
    pub fn new(
        offsets: Vec<u32>,
        columns: Vec<u32>,
        values: Option<Vec<f32>>,
        sample_shape: Vec<usize>,
    ) -> Self {
        let width: usize = sample_shape.iter().product();
        assert!(offsets.first() == Some(&0) && offsets.is_sorted(), "offsets must ascend from 0");
        assert_eq!(
            offsets.last().map(|end| *end as usize),
            Some(columns.len()),
            "the last offset must be the number of columns"
        );
        assert!(
            values.as_ref().is_none_or(|values| values.len() == columns.len()),
            "there must be one value per column"
        );
        assert!(columns.iter().all(|column| (*column as usize) < width), "columns must be below {width}");
        Self { offsets: Some(offsets), columns, values, sample_shape, by_column: OnceLock::new() }
    }

    /// Creates one-hot vectors `[batch, width]`: sample `i` is 1 at `columns[i]` and 0 elsewhere.
    ///
    /// # Panics
    /// Panics if a column is not below `width`.
    pub fn one_hot(columns: Vec<u32>, width: usize) -> Self {
        assert!(columns.iter().all(|column| (*column as usize) < width), "columns must be below {width}");
        Self { offsets: None, columns, values: None, sample_shape: vec![width], by_column: OnceLock::new() }
    }

    /// Returns the number of samples.
    pub fn len(&self) -> usize {
        self.offsets.as_ref().map_or(self.columns.len(), |offsets| offsets.len() - 1)
    }

    /// Returns `true` if the samples were created by [`one_hot`](Self::one_hot).
    pub fn is_one_hot(&self) -> bool {
        self.offsets.is_none()
    }

    /// Returns the range of a sample's values among all nonzero values.
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

    /// Returns the number of values of a sample, including zeros.
    pub fn width(&self) -> usize {
        self.sample_shape.iter().product()
    }

    /// Returns the columns of a sample's nonzero values, in ascending order, and the values; `None` if all are 1.
    ///
    /// # Panics
    /// Panics if `index` is not below [`len`](Self::len).
    #[inline]
    pub fn sample(&self, index: usize) -> (&[u32], Option<&[f32]>) {
        let places = self.places(index);
        (&self.columns[places.clone()], self.values.as_ref().map(|values| &values[places]))
    }

    /// Returns the column of each nonzero value, `[values]`.
    pub fn columns(&self) -> &[u32] {
        &self.columns
    }

    /// Returns the row (sample) of each nonzero value, `[values]`.
    pub fn rows(&self) -> impl Iterator<Item = u32> {
        (0..self.len()).flat_map(|row| self.places(row).map(move |_| row as u32))
    }

    /// Returns the nonzero values, `[values]`; `None` if all are 1.
    pub fn values(&self) -> Option<&[f32]> {
        self.values.as_deref()
    }

    /// Returns the samples with another sample shape of the same number of values.
    ///
    /// # Panics
    /// Panics if the number of values differs.
    pub fn reshape(self, sample_shape: Vec<usize>) -> Self {
        assert_eq!(
            self.width(),
            sample_shape.iter().product::<usize>(),
            "the number of values must not change"
        );
        Self { sample_shape, ..self }
    }

    /// Returns the samples in dense form, `[batch, ...]`.
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

    /// Returns the values in column order. They are sorted once, on the first call.
    pub fn by_column(&self) -> &SparseColumns {
        self.by_column.get_or_init(|| self.sort())
    }

    /// Sorts the values by column; rows within a column keep their order.
    fn sort(&self) -> SparseColumns {
        let digits = self.width().div_ceil(1 << DIGIT);
        if digits > 1 { self.sort_wide(digits) } else { self.sort_narrow() }
    }

    /// Sorts by counting, with one counter per column.
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

    /// Radix sort: by the lower bits of the column indices first, then by the higher bits.
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

/// Returns entries stably sorted by a digit below `digits`.
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
    /// Ignores the cached column order, which follows from the other fields.
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
        fn column_order_contains_the_same_values(
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
