//! Sparse samples as a column stores them.

use rayon::prelude::*;

use super::SparseRows;
use crate::error::DataError;

/// Values of many samples that are not 0, row after row.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    columns: Columns,
    values: Compact,
    /// Those of row `i` are at `offsets[i]..offsets[i + 1]`.
    offsets: Vec<usize>,
}

/// Places of values in their sample, ascending within a row.
#[derive(Clone, Debug)]
enum Columns {
    Narrow(Vec<u16>),
    Wide(Vec<u32>),
}

/// Values in the type that they were given in.
#[derive(Clone, Debug)]
pub(crate) enum Compact {
    /// All are 1.
    Ones,
    /// Brightness from 0 to 255; a batch holds `value / 255`.
    Bytes(Vec<u8>),
    Floats(Vec<f32>),
}

/// Samples with fewer values than this gain nothing from leaving out zeros.
const NARROWEST: usize = 64;

/// The largest share of values other than 0 that are stored without the zeros. Above a third, the columns and
/// values of pixels take more memory than the zeros. Products were measured at 0.19 only, the share of MNIST's pixels.
const DENSEST: f64 = 0.3;

impl Stored {
    /// Creates samples of `width` values each. `rows` gives the columns of each, ascending.
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

    /// Returns dense samples of `width` values each without their zeros; `None` if too few are 0.
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

    /// Returns the places at which the values of a row are stored.
    pub(crate) fn places(&self, row: usize) -> std::ops::Range<usize> {
        self.offsets[row]..self.offsets[row + 1]
    }

    /// Calls `each` with the column and the place of each value of a row, columns ascending.
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

    /// Returns rows as a batch. `brightness` is the value of each byte.
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
