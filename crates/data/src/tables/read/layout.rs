//! The layout of a CSV file: its delimiter and the names of its columns.

use std::{collections::HashMap, io::Read};

use csv::ByteRecord;
use encoding_rs::Encoding;

use super::{Decimal, Source, Stop};
use crate::error::DataError;

/// Maximum number of columns.
const MOST_COLUMNS: usize = 100_000;
/// Number of rows from which the delimiter is inferred.
const FIRST: usize = 100;
/// Maximum number of columns that an error lists.
const NAMED: usize = 20;

/// The layout of a CSV file.
#[derive(Clone, Debug)]
pub struct Layout {
    pub encoding: Option<&'static Encoding>,
    pub delimiter: u8,
    pub header: bool,
    pub names: Vec<String>,
}

impl<R: Read, F: Fn() -> Result<R, DataError>> Source<'_, F> {
    /// Infers the layout, given the encoding.
    pub fn layout(&self, encoding: Option<&'static Encoding>) -> Result<Layout, Stop> {
        let delimiter = match self.options.delimiter {
            Some(delimiter) => delimiter,
            None => self.delimiter(encoding)?,
        };
        let first = self.first_row(encoding, delimiter)?;
        let is_number = |cell: &String| Decimal::Point.number(cell).is_some();
        let header = self.options.header.unwrap_or_else(|| !first.iter().any(is_number));
        Ok(Layout { encoding, delimiter, header, names: self.names(first, header)? })
    }

    fn first_row(&self, encoding: Option<&'static Encoding>, delimiter: u8) -> Result<Vec<String>, Stop> {
        let mut record = ByteRecord::new();
        let mut reader = self.reader(encoding, delimiter)?;
        if !reader.read_byte_record(&mut record).map_err(|error| self.unreadable(error))? {
            return Err(DataError::unsupported(self.path, "it is empty").into());
        }
        if record.iter().any(|cell| cell.contains(&0)) {
            return Err(DataError::unsupported(self.path, "it is not text: give a CSV file").into());
        }
        let text =
            |cell: &[u8]| str::from_utf8(cell).map(|cell| cell.trim().to_owned()).map_err(|_| Stop::Encoding);
        record.iter().map(text).collect()
    }

    /// Returns the names of the columns, generated where they are missing, and checks them.
    fn names(&self, row: Vec<String>, header: bool) -> Result<Vec<String>, DataError> {
        if row.len() > MOST_COLUMNS {
            let reason = format!("it has {} columns, at most {MOST_COLUMNS} are supported", row.len());
            return Err(DataError::unsupported(self.path, reason));
        }
        let name = |(place, name): (usize, String)| match name.as_str() {
            "" => format!("column_{}", place + 1),
            _ if !header => format!("column_{}", place + 1),
            _ => name,
        };
        let names: Vec<String> = row.into_iter().enumerate().map(name).collect();
        let mut places = HashMap::new();
        for (place, name) in names.iter().enumerate() {
            if let Some(first) = places.insert(name.as_str(), place) {
                let (first, second) = (first + 1, place + 1);
                let reason = format!("columns {first} and {second} are both called {name:?}: rename one");
                return Err(DataError::unsupported(self.path, reason));
            }
        }
        if let Some(missing) = self.options.kinds.keys().find(|name| !places.contains_key(name.as_str())) {
            let without =
                if header { "" } else { " (the first row contains a number, so it is not a header)" };
            let mut named: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
            named.extend((names.len() > NAMED).then_some("..."));
            let reason =
                format!("it has no column {missing:?}, its columns are {}{without}", named.join(", "));
            return Err(DataError::unsupported(self.path, reason));
        }
        Ok(names)
    }

    /// Infers the delimiter: the character that gives the first rows an equal number of cells, and the most cells. If there is
    /// none, it is the character that gives the first row the most cells.
    fn delimiter(&self, encoding: Option<&'static Encoding>) -> Result<u8, Stop> {
        let mut best = ((false, 1), b',');
        for delimiter in [b',', b';', b'\t', b'|'] {
            let mut reader = self.reader(encoding, delimiter)?;
            let mut record = ByteRecord::new();
            let mut width = None;
            let mut even = true;
            for _ in 0..FIRST {
                if !reader.read_byte_record(&mut record).map_err(|error| self.unreadable(error))? {
                    break;
                }
                even &= *width.get_or_insert(record.len()) == record.len();
            }
            let width = width.unwrap_or(0);
            let rank = (even && width > 1, width);
            if rank > best.0 {
                best = (rank, delimiter);
            }
        }
        Ok(best.1)
    }
}
