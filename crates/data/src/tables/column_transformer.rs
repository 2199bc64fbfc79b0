//! Each column with its own encoder.

use std::collections::BTreeMap;

use burn::tensor::TensorData;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    ColumnKind, CsvOptions, DateEncoder, Decimal, Encoder, NumericEncoder, OneHotEncoder, Table, TextEncoder,
    table::Stored,
};
use crate::{error::DataError, samples::Column};

/// In features of rows: what is encoded at once, side by side with other blocks.
const BLOCK: usize = 1 << 20;
/// Narrower tables are dense.
const NARROWEST_SPARSE: usize = 64;
/// Of the features of the first rows, if fewer are not 0, the table is sparse.
const SPARSE_SHARE: f64 = 0.25;

/// Turns the rows of a table into features, each column by an encoder of its own: scikit-learn's `ColumnTransformer`.
/// Columns that are not named play no part.
///
/// ```
/// use kindling_data::tables::{ColumnTransformer, CsvOptions, NumericEncoder, OneHotEncoder, Table};
///
/// let table = Table::parse_csv("age,city\n20,Delft\n40,Leiden\n,Delft\n", &CsvOptions::new())?;
/// let mut features = ColumnTransformer::new()
///     .column("age", NumericEncoder::new())
///     .column("city", OneHotEncoder::new());
/// features.fit(&table)?;
/// assert_eq!(features.feature_names(), ["age", "age is missing", "city=Delft", "city=Leiden"]);
/// assert_eq!(features.transform(&table)?.sample_shape(), [4]);
/// # Ok::<(), kindling_data::DataError>(())
/// ```
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct ColumnTransformer {
    columns: Vec<(String, Box<dyn Encoder>)>,
    /// How numbers and dates were written in the training rows; other rows are read in the same way.
    decimal: Option<Decimal>,
    date_formats: BTreeMap<String, String>,
    #[serde(default)]
    na_values: Vec<String>,
}

impl ColumnTransformer {
    /// Creates a transformer without columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column.
    pub fn column(mut self, name: impl Into<String>, encoder: impl Encoder + 'static) -> Self {
        self.columns.push((name.into(), Box::new(encoder)));
        self
    }

    /// Leaves a column out, if it was in.
    pub fn without(mut self, name: &str) -> Self {
        self.columns.retain(|(own, _)| own != name);
        self
    }

    /// Gives each column but `target` an encoder that fits its kind, with the encoder's defaults: [`NumericEncoder`] for
    /// numbers and booleans, [`OneHotEncoder`] for categories (words that occur less than ten times share a feature, and there
    /// are at most 50), [`DateEncoder`], [`TextEncoder`]. Identifiers, constants and empty columns are left out.
    pub fn infer(table: &Table, target: &str) -> Self {
        let columns = table.columns().filter(|column| column.name() != target).filter_map(|column| {
            let encoder: Box<dyn Encoder> = match column.kind() {
                ColumnKind::Number | ColumnKind::Boolean => Box::new(NumericEncoder::new()),
                ColumnKind::Category => Box::new(OneHotEncoder::new().min_frequency(10).max_categories(50)),
                ColumnKind::Date => Box::new(DateEncoder::new()),
                ColumnKind::Text => Box::new(TextEncoder::new()),
                ColumnKind::Identifier | ColumnKind::Constant | ColumnKind::Empty => return None,
            };
            Some((column.name().to_owned(), encoder))
        });
        let mut transformer = Self { columns: columns.collect(), ..Self::default() };
        transformer.read_as(table);
        transformer
    }

    /// Remembers how a table was written.
    fn read_as(&mut self, table: &Table) {
        self.decimal = Some(table.decimal);
        self.na_values = table.na_values.to_vec();
        let format = |column: &Stored| Some((column.name.clone(), column.date_format?.to_owned()));
        self.date_formats = table.columns.iter().filter_map(format).collect();
    }

    /// Returns the columns with their encoders.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = (&str, &dyn Encoder)> {
        self.columns.iter().map(|(name, encoder)| (name.as_str(), encoder.as_ref()))
    }

    /// Fits all encoders to training rows.
    ///
    /// # Errors
    /// If a column does not exist or does not fit its encoder; it is named.
    pub fn fit(&mut self, train: &Table) -> Result<(), DataError> {
        if train.is_empty() {
            return Err(DataError::argument("the number of training rows", 0, "give at least one"));
        }
        self.read_as(train);
        let fit = |(name, encoder): &mut (String, Box<dyn Encoder>)| encoder.fit(&train.column(name)?);
        // The first column's error, whichever thread is first.
        self.columns.par_iter_mut().map(fit).collect::<Vec<_>>().into_iter().collect()
    }

    /// Returns the names of the features.
    pub fn feature_names(&self) -> Vec<String> {
        self.columns.iter().flat_map(|(name, encoder)| encoder.feature_names(name)).collect()
    }

    /// Returns the features of the rows: floats `[rows, features]`. Of 64 features or more, only those that are not 0 are
    /// kept if these are fewer than a quarter; batches are dense.
    ///
    /// # Errors
    /// If the transformer was not fitted, a column does not exist, or a cell cannot be encoded.
    pub fn transform(&self, table: &Table) -> Result<Column, DataError> {
        let widths: Vec<usize> =
            self.columns.iter().map(|(name, encoder)| encoder.feature_names(name).len()).collect();
        let width: usize = widths.iter().sum();
        let block = (BLOCK / width.max(1)).clamp(1, table.len().max(1));
        let encode = |rows: Table, values: &mut [f32]| self.encode(&rows, &widths, values);
        // Narrow tables need no look at their first rows.
        let is_sparse = width >= NARROWEST_SPARSE && {
            let first = table.slice(0..block);
            let mut values = vec![0.0; first.len() * width];
            encode(first, &mut values)?;
            let nonzero = values.iter().filter(|value| **value != 0.0).count();
            (nonzero as f64) < SPARSE_SHARE * values.len() as f64
        };
        let encoded = match is_sparse {
            true => sparse(table, block, width, encode),
            false => dense(table, block, width, encode),
        };
        encoded.map_err(|error| {
            // An encoder names rows of what it is given.
            let failure = |(name, encoder): &(String, Box<dyn Encoder>)| {
                table.column(name).and_then(|column| encoder.encode(&column)).err()
            };
            self.columns.iter().find_map(failure).unwrap_or(error)
        })
    }

    /// Writes the features of rows to `values`; `widths` are the numbers of features of the columns.
    fn encode(&self, rows: &Table, widths: &[usize], values: &mut [f32]) -> Result<(), DataError> {
        let width: usize = widths.iter().sum();
        let mut start = 0;
        for ((name, encoder), own) in self.columns.iter().zip(widths) {
            let encoded = encoder.encode(&rows.column(name)?)?;
            for (row, encoded) in encoded.chunks((*own).max(1)).enumerate() {
                values[row * width + start..][..*own].copy_from_slice(encoded);
            }
            start += own;
        }
        Ok(())
    }

    /// Returns how a CSV file with other rows is to be read: the columns that are needed, each of the kind it had, with
    /// the decimal sign, the dates and the texts for missing values of the training rows.
    ///
    /// # Errors
    /// [`DataError::Argument`] if a saved transformer has a date format that is not known.
    pub fn csv_options(&self) -> Result<CsvOptions, DataError> {
        let set =
            |options: CsvOptions, (name, encoder): (&str, &dyn Encoder)| options.kind(name, encoder.kind());
        let mut options =
            self.columns().fold(CsvOptions::new(), set).only_kinds_set().na_values(&self.na_values);
        if let Some(decimal) = self.decimal {
            options = options.decimal(decimal);
        }
        self.date_formats
            .iter()
            .try_fold(options, |options, (name, format)| options.date_format(name, format))
    }
}

/// Encodes blocks of rows side by side; `encode` writes the features of rows to dense values.
fn dense(
    table: &Table,
    block: usize,
    width: usize,
    encode: impl Fn(Table, &mut [f32]) -> Result<(), DataError> + Sync,
) -> Result<Column, DataError> {
    let mut values = vec![0.0_f32; table.len() * width];
    let blocks = values.par_chunks_mut((block * width).max(1)).enumerate();
    blocks.try_for_each(|(index, values)| encode(table.slice(index * block..(index + 1) * block), values))?;
    Column::floats(TensorData::new(values, [table.len(), width]))
}

/// As [`dense`], and keeps the values that are not 0.
fn sparse(
    table: &Table,
    block: usize,
    width: usize,
    encode: impl Fn(Table, &mut [f32]) -> Result<(), DataError> + Sync,
) -> Result<Column, DataError> {
    let encoded = |index: usize| {
        let rows = table.slice(index * block..(index + 1) * block);
        let mut dense = vec![0.0; rows.len() * width];
        encode(rows, &mut dense)?;
        let (mut columns, mut values, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
        for row in dense.chunks(width) {
            let before = values.len();
            for (column, value) in row.iter().enumerate().filter(|(_, value)| **value != 0.0) {
                columns.push(column as u32);
                values.push(*value);
            }
            lengths.push(values.len() - before);
        }
        Ok((columns, values, lengths))
    };
    let blocks = (0..table.len().div_ceil(block)).into_par_iter().map(encoded);
    let blocks: Vec<_> = blocks.collect::<Result<_, DataError>>()?;
    let rows = blocks.iter().flat_map(|(columns, _, lengths)| {
        let mut rest = columns.as_slice();
        lengths.iter().map(move |length| rest.split_off(..*length).unwrap_or_default())
    });
    Column::sparse_floats(rows, blocks.iter().flat_map(|(_, values, _)| values).copied().collect(), width)
}
