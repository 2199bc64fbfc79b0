//! Tables of numbers as text: a line for each row, values separated by commas.

use std::{fs::File, io::Read, path::Path};

use burn::tensor::TensorData;
use csv::{ReaderBuilder, StringRecord};

use super::content::LARGEST;
use crate::error::DataError;

/// Reads the table at `path`, as `f64` `[rows, columns]`. A first line without a number holds the names of the columns
/// and is left out.
///
/// # Errors
/// [`DataError::Io`] if the file cannot be opened; otherwise as [`read`].
pub fn open(path: &Path) -> Result<TensorData, DataError> {
    read(File::open(path).map_err(DataError::io(path))?, path)
}

/// Reads a table from `reader`, as [`open`] does; `path` names it in errors.
///
/// # Errors
/// [`DataError::Unsupported`] with the line and column of a value that is not a finite number, if rows differ in length,
/// if there are none, or if the table exceeds 1 GiB.
pub fn read(reader: impl Read, path: &Path) -> Result<TensorData, DataError> {
    let mut csv = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(reader);
    let unusable = |reason: String| DataError::unsupported(path, reason);
    let mut values = Vec::new();
    let mut names = StringRecord::new();
    let mut columns = None;
    let mut record = StringRecord::new();
    while csv.read_record(&mut record).map_err(|error| unreadable(error, path))? {
        let line = record.position().map_or(0, csv::Position::line);
        if columns.is_none() && record.iter().all(|value| number(value).is_none()) {
            columns = Some(record.len());
            names = record.clone();
            continue;
        }
        let width = *columns.get_or_insert(record.len());
        if record.len() != width {
            let found = record.len();
            return Err(unusable(format!("line {line} has {found} values, the lines before {width}")));
        }
        for (column, value) in record.iter().enumerate() {
            let value = number(value).filter(|value| value.is_finite()).ok_or_else(|| {
                let name = names.get(column).map(|name| format!(" ({name})")).unwrap_or_default();
                let column = column + 1;
                unusable(format!("line {line}, column {column}{name} is {value:?}; give a number"))
            })?;
            values.push(value);
        }
        if (values.len() * size_of::<f64>()) as u64 > LARGEST {
            return Err(unusable(format!("it exceeds 1 GiB at line {line}: split it")));
        }
    }
    match columns {
        Some(width) if !values.is_empty() => {
            let rows = values.len() / width;
            Ok(TensorData::new(values, [rows, width]))
        }
        _ => Err(unusable("it has no rows of numbers".into())),
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

fn unreadable(error: csv::Error, path: &Path) -> DataError {
    let reason = error.to_string();
    match error.into_kind() {
        csv::ErrorKind::Io(error) => DataError::read(path)(error),
        csv::ErrorKind::Utf8 { pos, .. } => {
            let line = pos.map_or(0, |position| position.line());
            DataError::unsupported(path, format!("line {line} is not UTF-8: save the file as UTF-8"))
        }
        _ => DataError::unsupported(path, reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &[u8]) -> Result<TensorData, DataError> {
        read(text, Path::new("rows.csv"))
    }

    #[test]
    fn rows_of_numbers_with_and_without_names() {
        let rows = TensorData::from([[1.0, -2.5], [3e2, 0.0]]);
        for text in ["1,-2.5\n3e2,0\n", "a,b\r\n1,-2.5\r\n3e2,0", "\u{feff}a,b\n1, -2.5\n\n\"3e2\",0\n"] {
            assert_eq!(table(text.as_bytes()).unwrap(), rows, "{text:?}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_named() {
        for (text, reason) in [
            (&b"a,b\n1,2\n3,x\n"[..], "line 3, column 2 (b) is \"x\""),
            (b"1,2\n3,\n", "line 2, column 2 is \"\""),
            (b"1,2\n3,nan\n", "line 2, column 2 is \"nan\""),
            (b"1,2\n1e400,2\n", "line 2, column 1 is \"1e400\""),
            (b"1,2\n3\n", "line 2 has 1 values, the lines before 2"),
            (b"a,b\n1\n", "line 2 has 1 values, the lines before 2"),
            (b"", "no rows"),
            (b"a,b\n", "no rows"),
            (b"1,2\n\xff,2\n", "line 2 is not UTF-8"),
        ] {
            let error = table(text).unwrap_err();
            assert!(matches!(error, DataError::Unsupported { .. }), "{error}");
            assert!(error.to_string().contains(reason), "{error}");
        }
    }
}
