//! CSV files as tables, in two passes: what the columns hold, then their cells. Neither keeps the text of the file.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

use csv::{ByteRecord, Reader, ReaderBuilder};
use encoding_rs::{Encoding, WINDOWS_1252};
use encoding_rs_io::DecodeReaderBytesBuilder;

use super::{
    CsvOptions, Decimal, Table,
    infer::{Format, Seen},
    table::{Cells, ColumnKind, MISSING_WORD, Stored},
    value,
};
use crate::{error::DataError, samples::Rows};

/// In cells of the whole table: what numbers of 8 bytes take in 4 GiB.
const MOST_CELLS: usize = 1 << 29;
/// Limit of a file's columns.
const MOST_COLUMNS: usize = 100_000;

impl Table {
    /// Reads a CSV file. Cells may be quoted with `"`. Empty cells, `NA`, `n/a`, `nan`, `null`, `?` and the like are missing
    /// values. [`TableColumn::reason`](super::TableColumn::reason) says how each column was understood.
    ///
    /// # Errors
    /// [`DataError::Io`] if the file cannot be read. [`DataError::Unsupported`], with the line, for rows of different
    /// lengths, no rows, two columns of one name, a number beyond the range of `f64`, or a cell that does not have the kind
    /// that was set for its column.
    pub fn read_csv(path: impl AsRef<Path>, options: &CsvOptions) -> Result<Self, DataError> {
        let path = path.as_ref();
        Self::read(|| File::open(path).map_err(DataError::io(path)), path, options)
    }

    /// Reads the text of a CSV file, as [`read_csv`](Self::read_csv).
    ///
    /// # Errors
    /// As [`read_csv`](Self::read_csv).
    pub fn parse_csv(text: &str, options: &CsvOptions) -> Result<Self, DataError> {
        Self::read(|| Ok(text.as_bytes()), Path::new("the text"), options)
    }

    fn read<R: Read>(
        open: impl Fn() -> Result<R, DataError>,
        path: &Path,
        options: &CsvOptions,
    ) -> Result<Self, DataError> {
        let source = Source { open, path, options };
        match source.table(options.encoding) {
            // It cannot be UTF-8.
            Err(Stop::Encoding) => source.table(Some(WINDOWS_1252)),
            other => other,
        }
        .map_err(|stop| match stop {
            Stop::Error(error) => error,
            Stop::Encoding => DataError::unsupported(path, "its encoding is not known: convert it to UTF-8"),
        })
    }
}

/// Why reading ended early.
enum Stop {
    Error(DataError),
    /// The bytes are not of the encoding that was tried.
    Encoding,
}

impl From<DataError> for Stop {
    fn from(error: DataError) -> Self {
        Self::Error(error)
    }
}

struct Source<'a, F> {
    open: F,
    path: &'a Path,
    options: &'a CsvOptions,
}

/// What the first pass finds out.
struct Plan {
    delimiter: u8,
    header: bool,
    decimal: Decimal,
    rows: usize,
    columns: Vec<Planned>,
}

struct Planned {
    name: String,
    kind: ColumnKind,
    reason: String,
    format: Format,
    left_out: bool,
}

impl<R: Read, F: Fn() -> Result<R, DataError>> Source<'_, F> {
    fn table(&self, encoding: Option<&'static Encoding>) -> Result<Table, Stop> {
        let plan = self.plan(encoding)?;
        let mut cells: Vec<Cells> = plan.columns.iter().map(|column| column.cells(plan.rows)).collect();
        let mut indices: Vec<HashMap<String, u32>> = vec![HashMap::new(); plan.columns.len()];
        self.rows(encoding, plan.delimiter, plan.header, |record, line| {
            for (place, (cell, column)) in record.iter().zip(&plan.columns).enumerate() {
                if column.left_out {
                    continue;
                }
                let cell = str::from_utf8(cell).map_err(|_| Stop::Encoding)?;
                match &mut cells[place] {
                    Cells::Numbers(numbers) => {
                        let number = column.number(cell, plan.decimal);
                        numbers.push(number.map_err(|reason| self.error(line, &column.name, &reason))?);
                    }
                    Cells::Words { codes, words } => {
                        codes.push(code(cell, words, &mut indices[place]));
                    }
                }
            }
            Ok(())
        })?;
        let stored = plan.columns.into_iter().zip(cells).filter(|(column, _)| !column.left_out);
        let stored = stored.map(|(Planned { name, kind, reason, format, .. }, cells)| {
            let date_format = if let Format::Date(format) = format { Some(format) } else { None };
            Stored { name, kind, reason, cells, date_format }
        });
        Ok(Table {
            columns: stored.collect::<Vec<_>>().into(),
            rows: Rows::all(plan.rows),
            decimal: plan.decimal,
        })
    }

    /// Calls `each` with each row and its line in the file.
    fn rows(
        &self,
        encoding: Option<&'static Encoding>,
        delimiter: u8,
        header: bool,
        mut each: impl FnMut(&ByteRecord, u64) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let mut reader = self.reader(encoding, delimiter)?;
        let mut record = ByteRecord::new();
        let mut skip = header;
        while reader.read_byte_record(&mut record).map_err(|error| self.unreadable(error))? {
            let line = record.position().map_or(0, csv::Position::line);
            if !std::mem::take(&mut skip) {
                each(&record, line)?;
            }
        }
        Ok(())
    }

    fn reader(
        &self,
        encoding: Option<&'static Encoding>,
        delimiter: u8,
    ) -> Result<Reader<impl Read>, DataError> {
        let decoded =
            DecodeReaderBytesBuilder::new().encoding(encoding).strip_bom(true).build((self.open)()?);
        let reader = BufReader::with_capacity(1 << 16, decoded);
        Ok(ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(reader))
    }

    fn plan(&self, encoding: Option<&'static Encoding>) -> Result<Plan, Stop> {
        let delimiter = match self.options.delimiter {
            Some(delimiter) => delimiter,
            None => self.delimiter(encoding)?,
        };
        let names = self.first_row(encoding, delimiter)?;
        let number = |cell: &String| Decimal::Point.number(cell).is_some();
        let header = self.options.header.unwrap_or_else(|| !names.iter().any(number));
        let names = self.names(names, header)?;
        let mut seen: Vec<Seen> = names
            .iter()
            .map(|name| Seen::new(self.kind_set(name), self.options.date_formats.get(name).copied()))
            .collect();
        let left_out: Vec<bool> =
            names.iter().map(|name| self.options.only && self.kind_set(name).is_none()).collect();
        let mut rows = 0_usize;
        self.rows(encoding, delimiter, header, |record, line| {
            if record.len() != names.len() {
                let reason =
                    format!("line {line} has {} cells, the first line {}", record.len(), names.len());
                return Err(DataError::unsupported(self.path, reason).into());
            }
            rows += 1;
            if rows.saturating_mul(names.len()) > MOST_CELLS {
                let reason = format!("it has more than {MOST_CELLS} cells: split it");
                return Err(DataError::unsupported(self.path, reason).into());
            }
            let read = record.iter().zip(&mut seen).zip(&left_out).filter(|(_, left_out)| !**left_out);
            for ((cell, seen), _) in read {
                seen.add(str::from_utf8(cell).map_err(|_| Stop::Encoding)?, line);
            }
            Ok(())
        })?;
        if rows == 0 {
            return Err(
                DataError::unsupported(self.path, "it has no rows below the names of the columns").into()
            );
        }
        let decimal = self.options.decimal.unwrap_or_else(|| Seen::decimal(&seen));
        let columns = names.into_iter().zip(seen).zip(left_out).map(|((name, seen), left_out)| {
            let (kind, reason, format) = seen.kind(&name, decimal);
            Planned { name, kind, reason, format, left_out }
        });
        Ok(Plan { delimiter, header, decimal, rows, columns: columns.collect() })
    }

    fn kind_set(&self, name: &str) -> Option<ColumnKind> {
        self.options.kinds.get(name).copied()
    }

    fn first_row(&self, encoding: Option<&'static Encoding>, delimiter: u8) -> Result<Vec<String>, Stop> {
        let mut record = ByteRecord::new();
        let mut reader = self.reader(encoding, delimiter)?;
        if !reader.read_byte_record(&mut record).map_err(|error| self.unreadable(error))? {
            return Err(DataError::unsupported(self.path, "it is empty").into());
        }
        let text =
            |cell: &[u8]| str::from_utf8(cell).map(|cell| cell.trim().to_owned()).map_err(|_| Stop::Encoding);
        record.iter().map(text).collect()
    }

    /// Checks the names of the columns, or makes them up.
    fn names(&self, row: Vec<String>, header: bool) -> Result<Vec<String>, DataError> {
        if row.len() > MOST_COLUMNS {
            let reason = format!("it has {} columns, {MOST_COLUMNS} are supported", row.len());
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
            let reason = format!("it has no column {missing:?}, but {}", names.join(", "));
            return Err(DataError::unsupported(self.path, reason));
        }
        Ok(names)
    }

    /// Returns the character that gives the first rows the same number of cells, and the most.
    fn delimiter(&self, encoding: Option<&'static Encoding>) -> Result<u8, Stop> {
        const FIRST: usize = 100;
        let mut best = (1, b',');
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
            if even && width > best.0 {
                best = (width, delimiter);
            }
        }
        Ok(best.1)
    }

    fn error(&self, line: u64, column: &str, reason: &str) -> DataError {
        DataError::unsupported(self.path, format!("line {line}, column {column}: {reason}"))
    }

    fn unreadable(&self, error: csv::Error) -> DataError {
        let reason = error.to_string();
        match error.into_kind() {
            csv::ErrorKind::Io(error) => DataError::read(self.path)(error),
            _ => DataError::unsupported(self.path, reason),
        }
    }
}

impl Planned {
    fn cells(&self, rows: usize) -> Cells {
        let rows = if self.left_out { 0 } else { rows };
        match self.format {
            Format::Words => Cells::Words { codes: Vec::with_capacity(rows), words: Vec::new() },
            _ => Cells::Numbers(Vec::with_capacity(rows)),
        }
    }

    /// Reads a cell as a number; NaN if it is missing.
    fn number(&self, cell: &str, decimal: Decimal) -> Result<f64, String> {
        if value::is_missing(cell) {
            return Ok(f64::NAN);
        }
        let (number, wanted) = match self.format {
            Format::Boolean => {
                (value::boolean(cell).map(f64::from).or_else(|| zero_or_one(cell)), "yes or no")
            }
            Format::Date(format) => (value::date(cell, format), "a date"),
            _ => (decimal.number(cell), "a number"),
        };
        match number {
            None => Err(format!("{:?} is not {wanted}", shortened(cell))),
            Some(number) if number.is_infinite() => {
                Err(format!("{:?} is beyond the range of numbers", shortened(cell)))
            }
            Some(number) => Ok(number),
        }
    }
}

fn zero_or_one(cell: &str) -> Option<f64> {
    Decimal::Point.number(cell).filter(|number| [0.0, 1.0].contains(number))
}

/// Returns the code of a word, a new one if it was not seen before.
fn code(cell: &str, words: &mut Vec<String>, indices: &mut HashMap<String, u32>) -> u32 {
    if value::is_missing(cell) {
        return MISSING_WORD;
    }
    let cell = cell.trim();
    if let Some(code) = indices.get(cell) {
        return *code;
    }
    let code = words.len() as u32;
    words.push(cell.to_owned());
    indices.insert(cell.to_owned(), code);
    code
}

fn shortened(cell: &str) -> String {
    cell.chars().take(40).collect()
}
