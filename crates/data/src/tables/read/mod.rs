//! CSV files as tables. A file is read once, its columns in parallel; columns that only turn out late to hold something else
//! than it seemed are read again. The text of the file is not kept.

mod chunks;
mod filling;
mod growing;
mod layout;

use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
    sync::Arc,
};

use csv::{ByteRecord, Reader, ReaderBuilder};
use encoding_rs::{Encoding, WINDOWS_1252};
use encoding_rs_io::DecodeReaderBytesBuilder;
use rayon::prelude::*;

pub use chunks::{CsvChunks, EncodedChunks};

use self::{
    filling::Filling,
    growing::{Growing, Planned},
    layout::Layout,
};
use super::{CsvOptions, Decimal, Table, infer::Seen, table::Cells};
use crate::{error::DataError, samples::Rows};

/// In cells of the whole table: what numbers of 8 bytes take in 4 GiB.
const MOST_CELLS: usize = 1 << 29;
/// In cells: what is read before columns are looked at, side by side.
const BLOCK: usize = 1 << 17;

impl Table {
    /// Reads a CSV file. Cells may be quoted with `"`. Empty cells, `NA`, `n/a`, `nan`, `null`, `?` and the like are missing
    /// values, as are those of [`CsvOptions::na_values`]. [`TableColumn::reason`](super::TableColumn::reason) says how each
    /// column was understood.
    ///
    /// # Errors
    /// [`DataError::Io`] if the file cannot be read. [`DataError::Unsupported`], with the line, for rows of different
    /// lengths, no rows, two columns of one name, a number beyond the range of `f32`, which features have, or a cell that does not have the kind
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

    fn read<R: Read + Send>(
        open: impl Fn() -> Result<R, DataError> + Sync,
        path: &Path,
        options: &CsvOptions,
    ) -> Result<Self, DataError> {
        let source = Source { open, path, options };
        match source.table(options.encoding) {
            // It cannot be UTF-8, and does not say that it is.
            Err(Stop::Encoding) if source.byte_order_mark()? == Some(0) => source.table(Some(WINDOWS_1252)),
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

/// What the first reading finds out.
struct Plan {
    /// The columns, None for those that are left out, with their cells if these are kept and need not be read again.
    columns: Vec<Option<(Planned, Option<Cells>)>>,
    decimal: Decimal,
    rows: usize,
}

struct Source<'a, F> {
    open: F,
    path: &'a Path,
    options: &'a CsvOptions,
}

impl<R: Read + Send, F: Fn() -> Result<R, DataError> + Sync> Source<'_, F> {
    fn table(&self, encoding: Option<&'static Encoding>) -> Result<Table, Stop> {
        let layout = self.layout(encoding)?;
        let Plan { mut columns, decimal, rows } = self.plan(&layout, true, |_| {})?;
        self.read_again(&layout, decimal, &mut columns)?;
        let stored = columns.into_iter().flatten();
        let stored = stored.filter_map(|(planned, cells)| Some(planned.stored(cells?)));
        let na_values = Arc::clone(&self.options.na_values);
        Ok(Table { columns: Arc::new(stored.collect()), rows: Rows::all(rows), decimal, na_values })
    }

    /// Finds out what the columns hold. `keep` says whether their cells are kept; `each` is called with all rows.
    fn plan(&self, layout: &Layout, keep: bool, mut each: impl FnMut(&[Row]) + Send) -> Result<Plan, Stop> {
        let kind_set = |name: &String| self.options.kinds.get(name).copied();
        let column = |name: &String| {
            let seen = Seen::new(
                kind_set(name),
                self.options.date_formats.get(name).copied(),
                Arc::clone(&self.options.na_values),
            );
            Growing::new(name.clone(), seen, self.options.only && kind_set(name).is_none(), keep)
        };
        let mut growing: Vec<Growing> = layout.names.iter().map(column).collect();
        let mut rows = 0_usize;
        self.blocks(layout, |block| {
            rows += block.len();
            if keep && rows.saturating_mul(growing.len()) > MOST_CELLS {
                let reason =
                    format!("it has more than {MOST_CELLS} cells: split it, or read it with CsvChunks");
                return Err(DataError::unsupported(self.path, reason).into());
            }
            each(block);
            growing.par_iter_mut().enumerate().try_for_each(|(place, column)| {
                for Row { record, line, .. } in block {
                    column.add(str::from_utf8(&record[place]).map_err(|_| Stop::Encoding)?, *line);
                }
                Ok(())
            })
        })?;
        if rows == 0 {
            let reason = "it has no rows below the names of the columns";
            return Err(DataError::unsupported(self.path, reason).into());
        }
        let decimal =
            self.options.decimal.unwrap_or_else(|| Seen::decimal(growing.iter().map(Growing::seen)));
        let columns = growing.into_par_iter().map(|column| column.finish(decimal)).collect();
        Ok(Plan { columns, decimal, rows })
    }

    /// Reads the cells of the columns that have none.
    fn read_again(
        &self,
        layout: &Layout,
        decimal: Decimal,
        columns: &mut [Option<(Planned, Option<Cells>)>],
    ) -> Result<(), Stop> {
        let mut missing: Vec<Filling> = columns
            .iter()
            .enumerate()
            .filter_map(|(place, column)| column.as_ref().map(|(planned, cells)| (place, planned, cells)))
            .filter(|(_, _, cells)| cells.is_none())
            .map(|(place, planned, _)| Filling::new(place, planned, decimal))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        self.blocks(layout, |block| self.fill(&mut missing, block.iter(), 1))?;
        let read: Vec<(usize, Cells)> =
            missing.into_iter().map(|filling| (filling.place, filling.cells())).collect();
        for (place, cells) in read {
            if let Some((_, missing)) = &mut columns[place] {
                *missing = Some(cells);
            }
        }
        Ok(())
    }

    /// Adds the cells of rows to columns. `first_line` is the line where the reader began.
    fn fill<'r>(
        &self,
        columns: &mut [Filling],
        rows: impl Iterator<Item = &'r Row> + Clone + Send + Sync,
        first_line: u64,
    ) -> Result<(), Stop> {
        let results = columns.par_iter_mut().map(|column| {
            for Row { record, line, .. } in rows.clone() {
                let cell = str::from_utf8(&record[column.place]).map_err(|_| Stop::Encoding)?;
                let line = first_line + line - 1;
                column.add(cell).map_err(|reason| self.error(line, &column.planned.name, &reason))?;
            }
            Ok(())
        });
        // The first column's error, whichever thread is first.
        results.collect::<Vec<Result<(), Stop>>>().into_iter().collect()
    }

    /// Calls `each` with blocks of rows, while the next block is read. All rows have as many cells as there are names.
    fn blocks(
        &self,
        layout: &Layout,
        each: impl FnMut(&[Row]) -> Result<(), Stop> + Send,
    ) -> Result<(), Stop> {
        let mut reader = self.reader(layout.encoding, layout.delimiter)?;
        if layout.header {
            reader.read_byte_record(&mut ByteRecord::new()).map_err(|error| self.unreadable(error))?;
        }
        self.blocks_of(reader, layout, usize::MAX, each)
    }

    /// As [`blocks`](Self::blocks), for at most `most` rows of a reader.
    fn blocks_of(
        &self,
        mut reader: Reader<impl Read + Send>,
        layout: &Layout,
        mut most: usize,
        mut each: impl FnMut(&[Row]) -> Result<(), Stop> + Send,
    ) -> Result<(), Stop> {
        let expected = layout.names.len();
        let rows = (BLOCK / expected.max(1)).max(1);
        let mut blocks = [Block::default(), Block::default()];
        let mut fill = |block: &mut Block| {
            block.fill(&mut reader, rows.min(most))?;
            most -= block.rows().len();
            Ok(())
        };
        fill(&mut blocks[0]).map_err(|error| self.unreadable(error))?;
        while !blocks[0].rows().is_empty() {
            let [current, next] = &mut blocks;
            let (done, filled) = rayon::join(
                || {
                    self.check_lengths(current.rows(), expected)?;
                    each(current.rows())
                },
                || fill(next),
            );
            done?;
            filled.map_err(|error| self.unreadable(error))?;
            blocks.swap(0, 1);
        }
        Ok(())
    }

    fn check_lengths(&self, rows: &[Row], expected: usize) -> Result<(), DataError> {
        match rows.iter().find(|row| row.record.len() != expected) {
            None => Ok(()),
            Some(Row { record, line, .. }) => {
                let found = record.len();
                let quote = if record.iter().any(|cell| cell.contains(&b'\n')) {
                    "; a quote may be open in it"
                } else {
                    ""
                };
                let reason = format!("line {line} has {found} cells, the first line {expected}{quote}");
                Err(DataError::unsupported(self.path, reason))
            }
        }
    }

    fn error(&self, line: u64, column: &str, reason: &str) -> DataError {
        DataError::unsupported(self.path, format!("line {line}, column {column}: {reason}"))
    }
}

impl<R: Read, F: Fn() -> Result<R, DataError>> Source<'_, F> {
    /// Returns the length of a byte order mark of UTF-8 at the beginning, 0 if there is none; None for that of UTF-16.
    fn byte_order_mark(&self) -> Result<Option<u64>, DataError> {
        let mut first = Vec::new();
        (self.open)()?.take(3).read_to_end(&mut first).map_err(DataError::read(self.path))?;
        Ok(match first.as_slice() {
            [0xef, 0xbb, 0xbf] => Some(3),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => None,
            _ => Some(0),
        })
    }

    fn reader(
        &self,
        encoding: Option<&'static Encoding>,
        delimiter: u8,
    ) -> Result<Reader<impl Read>, DataError> {
        let mut decoding = DecodeReaderBytesBuilder::new();
        // Bytes that are not UTF-8 are found out, not replaced: what chunks read later begins at the file's bytes.
        decoding.encoding(encoding).strip_bom(true).utf8_passthru(true);
        let decoded = decoding.build((self.open)()?);
        let reader = BufReader::with_capacity(1 << 16, decoded);
        Ok(ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(reader))
    }

    fn unreadable(&self, error: csv::Error) -> DataError {
        let reason = error.to_string();
        match error.into_kind() {
            csv::ErrorKind::Io(error) => DataError::read(self.path)(error),
            _ => DataError::unsupported(self.path, reason),
        }
    }
}

/// A row as it is in the file.
struct Row {
    record: ByteRecord,
    line: u64,
    /// In bytes, from where reading began.
    start: u64,
}

/// Rows, whose memory is used again.
#[derive(Default)]
struct Block {
    rows: Vec<Row>,
    len: usize,
}

impl Block {
    fn fill(&mut self, reader: &mut Reader<impl Read>, rows: usize) -> Result<(), csv::Error> {
        self.len = 0;
        while self.len < rows {
            if self.rows.len() == self.len {
                self.rows.push(Row { record: ByteRecord::new(), line: 0, start: 0 });
            }
            let row = &mut self.rows[self.len];
            if !reader.read_byte_record(&mut row.record)? {
                break;
            }
            (row.line, row.start) =
                row.record.position().map_or((0, 0), |position| (position.line(), position.byte()));
            self.len += 1;
        }
        Ok(())
    }

    fn rows(&self) -> &[Row] {
        &self.rows[..self.len]
    }
}
