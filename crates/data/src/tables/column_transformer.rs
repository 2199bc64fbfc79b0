//! The encoding of tables, with one encoder per column.

use std::collections::BTreeMap;

use burn::tensor::TensorData;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    ColumnKind, CsvOptions, DateEncoder, Decimal, Encoder, NumericEncoder, OneHotEncoder, Table, TextEncoder,
    table::Stored,
};
use crate::{error::DataError, samples::Column};

/// Number of feature values per block of rows; blocks are encoded in parallel.
const BLOCK: usize = 1 << 20;
/// Minimum number of features for the sparse form.
const NARROWEST_SPARSE: usize = 64;
/// The features are stored in sparse form if the fraction of nonzero values in the first rows is below this.
const SPARSE_SHARE: f64 = 0.25;

/// Converts the rows of a table to features with one encoder per column, like scikit-learn's `ColumnTransformer`. Columns
/// without an encoder are ignored.
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
    /// The decimal separator and the date formats of the training rows, which are also used to read other rows.
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

    /// Adds a column with its encoder.
    pub fn column(mut self, name: impl Into<String>, encoder: impl Encoder + 'static) -> Self {
        self.columns.push((name.into(), Box::new(encoder)));
        self
    }

    /// Removes a column if it exists.
    pub fn without(mut self, name: &str) -> Self {
        self.columns.retain(|(own, _)| own != name);
        self
    }

    /// Creates a transformer with a default encoder for each column except `target`, according to its kind.
    ///
    /// The encoders are [`NumericEncoder`] for numbers and booleans; [`OneHotEncoder`] for categories, with at most 50
    /// features, one of which is shared by categories that occur less than ten times; [`DateEncoder`]; and [`TextEncoder`].
    /// Identifiers, constants, and empty columns are ignored.
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

    /// Stores the decimal separator, the missing values, and the date formats of a table.
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
    /// [`DataError::NoColumn`] if a column does not exist; [`DataError::Argument`] if there are no rows, or a column is not of
    /// its encoder's kind.
    pub fn fit(&mut self, train: &Table) -> Result<(), DataError> {
        if train.is_empty() {
            return Err(DataError::argument("the number of training rows", 0, "give at least one row"));
        }
        self.read_as(train);
        let fit = |(name, encoder): &mut (String, Box<dyn Encoder>)| encoder.fit(&train.column(name)?);
        // Collected in column order, so that the reported error does not depend on the threads.
        self.columns.par_iter_mut().map(fit).collect::<Vec<_>>().into_iter().collect()
    }

    /// Returns the names of the features.
    pub fn feature_names(&self) -> Vec<String> {
        self.columns.iter().flat_map(|(name, encoder)| encoder.feature_names(name)).collect()
    }

    /// Returns the features of the rows: floats `[rows, features]`. With 64 features or more, of which less than a quarter are
    /// nonzero, they are stored in sparse form.
    ///
    /// # Errors
    /// [`DataError::NoColumn`] if a column does not exist; [`DataError::Argument`] if the transformer was not fitted, or a
    /// cell cannot be encoded.
    pub fn transform(&self, table: &Table) -> Result<Column, DataError> {
        let widths: Vec<usize> =
            self.columns.iter().map(|(name, encoder)| encoder.feature_names(name).len()).collect();
        let width: usize = widths.iter().sum();
        let block = (BLOCK / width.max(1)).clamp(1, table.len().max(1));
        let encode = |rows: Table, values: &mut [f32]| self.encode(&rows, &widths, values);
        // Narrow tables are always dense.
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
            // Encodes the whole column again, because an error in a block names the row within the block.
            let failure = |(name, encoder): &(String, Box<dyn Encoder>)| {
                table.column(name).and_then(|column| encoder.encode(&column)).err()
            };
            self.columns.iter().find_map(failure).unwrap_or(error)
        })
    }

    /// Writes the features of rows to `values` `[rows, features]`; `widths` contains the number of features per column.
    fn encode(&self, rows: &Table, widths: &[usize], values: &mut [f32]) -> Result<(), DataError> {
        let width: usize = widths.iter().sum();
        let mut start = 0;
        for ((name, encoder), own) in self.columns.iter().zip(widths) {
            let encoded = encoder.encode(&rows.column(name)?)?;
            if encoded.len() != rows.len() * own {
                let found =
                    format!("{} values for {} rows, and {own} feature names", encoded.len(), rows.len());
                let remedy = format!("column {name}: return one value per row and feature name");
                return Err(DataError::argument("the encoder's result", found, remedy));
            }
            for (row, encoded) in encoded.chunks((*own).max(1)).enumerate() {
                values[row * width + start..][..*own].copy_from_slice(encoded);
            }
            start += own;
        }
        Ok(())
    }

    /// Returns the options for reading a CSV file with other rows: only the required columns, with the kinds, decimal
    /// separator, date formats, and missing values of the training rows.
    ///
    /// # Errors
    /// [`DataError::Argument`] if a saved transformer has an unknown date format.
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

/// Encodes blocks of rows in parallel to dense features. `encode` writes the features of a block.
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

/// Like [`dense`], but returns sparse features.
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
