//! Options for reading CSV files.

use std::{collections::BTreeMap, sync::Arc};

use encoding_rs::Encoding;

use super::{ColumnKind, Decimal, value::DATE_FORMATS};
use crate::error::DataError;

/// Options for reading a CSV file. Options that are not set are inferred from the file.
#[derive(Clone, Debug, Default)]
pub struct CsvOptions {
    pub(super) delimiter: Option<u8>,
    pub(super) decimal: Option<Decimal>,
    pub(super) header: Option<bool>,
    pub(super) encoding: Option<&'static Encoding>,
    pub(super) kinds: BTreeMap<String, ColumnKind>,
    pub(super) date_formats: BTreeMap<String, &'static str>,
    pub(super) na_values: Arc<[String]>,
    pub(super) only: bool,
}

impl CsvOptions {
    /// Creates the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the delimiter of cells. Default: the one of `,`, `;`, tab, and `|` that gives the first rows an equal number of
    /// cells, and the most cells.
    pub fn delimiter(self, delimiter: u8) -> Self {
        Self { delimiter: Some(delimiter), ..self }
    }

    /// Sets the decimal separator. Default: a comma if a column is numeric with commas only, and none with points only;
    /// otherwise a point.
    pub fn decimal(self, decimal: Decimal) -> Self {
        Self { decimal: Some(decimal), ..self }
    }

    /// Sets whether the first row contains the names of the columns. Default: true unless one of its cells is a number.
    /// Columns without a name are named `column_1`, `column_2`, and so on.
    pub fn header(self, header: bool) -> Self {
        Self { header: Some(header), ..self }
    }

    /// Sets the character encoding by a WHATWG label such as `utf-8` or `iso-8859-1`. Default: UTF-8; UTF-16 if the file has
    /// its byte order mark; windows-1252 if it is not valid UTF-8.
    ///
    /// # Errors
    /// [`DataError::Argument`] if there is no such encoding.
    pub fn encoding(self, label: &str) -> Result<Self, DataError> {
        let encoding = Encoding::for_label(label.as_bytes());
        let encoding = encoding
            .ok_or_else(|| DataError::argument("the encoding", label, "give a label such as utf-8"))?;
        Ok(Self { encoding: Some(encoding), ..self })
    }

    /// Sets the kind of a column. Default: inferred from its cells.
    pub fn kind(mut self, column: impl Into<String>, kind: ColumnKind) -> Self {
        self.kinds.insert(column.into(), kind);
        self
    }

    /// Sets the date format of a column, for example `%d/%m/%Y`. Default: the first supported format that matches all cells.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the format is not supported.
    pub fn date_format(mut self, column: impl Into<String>, format: &str) -> Result<Self, DataError> {
        let known = DATE_FORMATS.into_iter().find(|known| *known == format);
        let known = known.ok_or_else(|| {
            DataError::argument("the date format", format, format!("give one of {}", DATE_FORMATS.join(", ")))
        })?;
        self.date_formats.insert(column.into(), known);
        Ok(self)
    }

    /// Sets additional cells that represent missing values, such as `unknown` or `-999`, like `na_values` in pandas. Default:
    /// none. [`Table::read_csv`](super::Table::read_csv) lists the cells that are always treated as missing.
    pub fn na_values(self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { na_values: values.into_iter().map(Into::into).collect(), ..self }
    }

    /// Reads only the columns whose kind is set; these must exist. Default: all columns are read.
    pub fn only_kinds_set(self) -> Self {
        Self { only: true, ..self }
    }
}
