//! Storage of sparse samples.

use rayon::prelude::*;

use super::SparseRows;
use crate::error::DataError;

/// The nonzero values of many samples in compressed sparse row (CSR) format.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    columns: Columns,
    values: Compact,
    /// The values of row `i` are at `offsets[i]..offsets[i + 1]`.
    offsets: Vec<usize>,
}

/// Column indices of the values, ascending within a row.
#[derive(Clone, Debug)]
enum Columns {
    Narrow(Vec<u16>),
    Wide(Vec<u32>),
}

/// Nonzero values in a compact type.
#[derive(Clone, Debug)]
pub(crate) enum Compact {
    /// All are 1.
    Ones,
    /// Pixel values from 0 to 255; `value / 255` in batches.
    Bytes(Vec<u8>),
    Floats(Vec<f32>),
}

/// Minimum number of values per sample: narrower samples do not benefit from the sparse form.
const NARROWEST: usize = 64;

/// Maximum fraction of nonzero values for the sparse form. Above one third, the columns and values of pixels take more
/// memory than the dense form. The speed of matrix products was measured only at 0.19, the fraction of MNIST.
const DENSEST: f64 = 0.3;

impl Stored {
    /// Creates samples of `width` values each. `rows` yields the columns of each sample's nonzero values, ascending.
    pub(crate) fn new(
        rows: impl IntoIterator<Item = Result<impl AsRef<[u32]>, DataError>>,
        values: Compact,
        width: usize,
    ) -> Result<Self, DataError> {
        let mut columns =
            if width <= 1 << 16 { Columns::Narrow(Vec::new()) } else { Columns::Wide(Vec::new()) };
        let mut offsets = vec![0];
        for row in rows {
            let row = row?;
            let row = row.as_ref();
            match &mut columns {
                Columns::Narrow(narrow) => narrow.extend(row.iter().map(|column| *column as u16)),
                Columns::Wide(wide) => wide.extend_from_slice(row),
            }
            offsets.push(offsets[offsets.len() - 1] + row.len());
        }
        match &mut columns {
            Columns::Narrow(columns) => columns.shrink_to_fit(),
            Columns::Wide(columns) => columns.shrink_to_fit(),
        }
        Ok(Self { columns, values, offsets })
    }

    /// Returns the number of samples.
    pub(crate) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Converts dense samples of `width` values each to sparse form; `None` if they are too narrow, too wide, or too dense.
    pub(crate) fn of<T: Copy + Sync + Send>(
        dense: &[T],
        width: usize,
        is_zero: impl Fn(T) -> bool + Sync,
        pack: impl FnOnce(Vec<T>) -> Compact,
    ) -> Option<Self> {
        if !(NARROWEST..=1 << 16).contains(&width) {
            return None;
        }
        let counts: Vec<usize> = dense
            .par_chunks(width)
            .with_min_len(256)
            .map(|row| row.iter().filter(|value| !is_zero(**value)).count())
            .collect();
        let count: usize = counts.iter().sum();
        if count as f64 > DENSEST * dense.len() as f64 {
            return None;
        }
        let offsets: Vec<usize> = std::iter::once(0)
            .chain(counts.iter().scan(0, |end, count| {
                *end += count;
                Some(*end)
            }))
            .collect();
        let (mut columns, mut values) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for row in dense.chunks(width) {
            for (column, value) in row.iter().enumerate().filter(|(_, value)| !is_zero(**value)) {
                columns.push(column as u16);
                values.push(*value);
            }
        }
        Some(Self { columns: Columns::Narrow(columns), values: pack(values), offsets })
    }

    pub(crate) fn values(&self) -> &Compact {
        &self.values
    }

    /// Returns the range of the stored values of a row.
    pub(crate) fn places(&self, row: usize) -> std::ops::Range<usize> {
        self.offsets[row]..self.offsets[row + 1]
    }

    /// Calls `each` with the column and the storage index of each value of a row, in ascending order of columns.
    pub(crate) fn for_each(&self, row: usize, mut each: impl FnMut(usize, usize)) {
        let places = self.places(row);
        match &self.columns {
            Columns::Narrow(columns) => {
                columns[places.clone()]
                    .iter()
                    .zip(places)
                    .for_each(|(column, place)| each((*column).into(), place));
            }
            Columns::Wide(columns) => {
                columns[places.clone()]
                    .iter()
                    .zip(places)
                    .for_each(|(column, place)| each(*column as usize, place));
            }
        }
    }

    /// Returns rows as a batch. `brightness` maps each pixel byte to its value.
    pub(crate) fn gather(
        &self,
        rows: impl ExactSizeIterator<Item = usize> + Clone,
        sample_shape: &[usize],
        brightness: &[f32; 256],
    ) -> SparseRows {
        let mut offsets = Vec::with_capacity(rows.len() + 1);
        offsets.push(0);
        let mut count = 0;
        for row in rows.clone() {
            count += self.places(row).len();
            offsets.push(u32::try_from(count).expect("a batch has fewer than 2^32 values"));
        }
        let mut columns = Vec::with_capacity(count);
        for row in rows.clone() {
            match &self.columns {
                Columns::Narrow(narrow) => {
                    columns.extend(narrow[self.places(row)].iter().map(|column| u32::from(*column)));
                }
                Columns::Wide(wide) => columns.extend_from_slice(&wide[self.places(row)]),
            }
        }
        let places = rows.map(|row| self.places(row));
        let values = match &self.values {
            Compact::Ones => None,
            Compact::Bytes(bytes) => Some(concat(count, places, |place| {
                bytes[place].iter().map(|byte| brightness[usize::from(*byte)])
            })),
            Compact::Floats(floats) => Some(concat(count, places, |place| floats[place].iter().copied())),
        };
        SparseRows::new(offsets, columns, values, sample_shape.to_vec())
    }
}

fn concat<P, I: Iterator<Item = f32>>(
    count: usize,
    places: impl Iterator<Item = P>,
    values: impl Fn(P) -> I,
) -> Vec<f32> {
    let mut all = Vec::with_capacity(count);
    places.for_each(|place| all.extend(values(place)));
    all
}
