//! How CSV files are read.

use std::{collections::BTreeMap, sync::Arc};

use encoding_rs::Encoding;

use super::{ColumnKind, Decimal, value::DATE_FORMATS};
use crate::error::DataError;

/// How a CSV file is read. What is not set is found out from the file.
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
    /// Creates the defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the character between cells. Default: the one of `,`, `;`, tab and `|` that gives the first rows the same
    /// number of cells, and most of them.
    pub fn delimiter(self, delimiter: u8) -> Self {
        Self { delimiter: Some(delimiter), ..self }
    }

    /// Sets the decimal sign. Default: a comma if that makes a column of numbers of one that is none with points.
    pub fn decimal(self, decimal: Decimal) -> Self {
        Self { decimal: Some(decimal), ..self }
    }

    /// Sets whether the first row holds the names of the columns. Default: it does unless one of its cells is a number;
    /// columns without a name are called `column_1`, ...
    pub fn header(self, header: bool) -> Self {
        Self { header: Some(header), ..self }
    }

    /// Sets the encoding, by a label of the WHATWG such as `utf-8` or `iso-8859-1`. Default: UTF-8, or UTF-16 with a byte
    /// order mark, or else Windows' Western European.
    ///
    /// # Errors
    /// [`DataError::Argument`] if there is no such encoding.
    pub fn encoding(self, label: &str) -> Result<Self, DataError> {
        let encoding = Encoding::for_label(label.as_bytes());
        let encoding =
            encoding.ok_or_else(|| DataError::argument("the encoding", label, "give one as utf-8"))?;
        Ok(Self { encoding: Some(encoding), ..self })
    }

    /// Sets what a column means. Default: found out from its cells.
    pub fn kind(mut self, column: impl Into<String>, kind: ColumnKind) -> Self {
        self.kinds.insert(column.into(), kind);
        self
    }

    /// Sets the format of a column's dates, as the reason of its kind gives it: `%d/%m/%Y`. Default: the first of those known
    /// that fits all cells.
    ///
    /// # Errors
    /// [`DataError::Argument`] if there is no such format.
    pub fn date_format(mut self, column: impl Into<String>, format: &str) -> Result<Self, DataError> {
        let known = DATE_FORMATS.into_iter().find(|known| *known == format);
        let known = known.ok_or_else(|| {
            DataError::argument("the date format", format, format!("give one of {}", DATE_FORMATS.join(", ")))
        })?;
        self.date_formats.insert(column.into(), known);
        Ok(self)
    }

    /// Sets further texts that mean that a value is missing, such as `unknown` or `-999`, as they are written in the file:
    /// `na_values` of pandas. Default: none; [`Table::read_csv`](super::Table::read_csv) names those that always do.
    pub fn na_values(self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { na_values: values.into_iter().map(Into::into).collect(), ..self }
    }

    /// Leaves out the columns whose kind was not set; those whose kind was must exist. Default: all columns are read.
    pub fn only_kinds_set(self) -> Self {
        Self { only: true, ..self }
    }
}
