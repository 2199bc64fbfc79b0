//! Reading of CSV files. A file is read once, with its columns processed in parallel. Only columns whose format turns out late
//! to differ from what was assumed are read a second time. The text of the file is not kept.

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

/// Maximum number of cells of a table: 4 GiB of numbers with 8 bytes each.
const MOST_CELLS: usize = 1 << 29;
/// Number of cells per block; the columns of a block are processed in parallel.
const BLOCK: usize = 1 << 17;

impl Table {
    /// Reads a CSV file. Cells may be quoted with `"`.
    ///
    /// Missing values are empty cells, `NA`, `n/a`, `nan`, `null`, `none`, `?`, and similar cells, and those set by
    /// [`CsvOptions::na_values`]. [`TableColumn::reason`](super::TableColumn::reason) explains the inferred kind of a column.
    ///
    /// # Errors
    /// [`DataError::Io`] if the file cannot be read. [`DataError::Unsupported`], which names the line, if rows differ in
    /// length, there are no rows, two columns have the same name, a number is outside of the range of `f32`, or a cell is not
    /// of the kind set for its column.
    pub fn read_csv(path: impl AsRef<Path>, options: &CsvOptions) -> Result<Self, DataError> {
        let path = path.as_ref();
        Self::read(|| File::open(path).map_err(DataError::io(path)), path, options)
    }

    /// Parses the text of a CSV file, like [`read_csv`](Self::read_csv).
    ///
    /// # Errors
    /// The errors of [`read_csv`](Self::read_csv).
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
            // The bytes are not UTF-8, and there is no byte order mark.
            Err(Stop::Encoding) if source.byte_order_mark()? == Some(0) => source.table(Some(WINDOWS_1252)),
            other => other,
        }
        .map_err(|stop| match stop {
            Stop::Error(error) => error,
            Stop::Encoding => DataError::unsupported(path, "its encoding is unknown: convert it to UTF-8"),
        })
    }
}

/// The reason why reading stopped early.
enum Stop {
    Error(DataError),
    /// The bytes are not valid in the current encoding.
    Encoding,
}

impl From<DataError> for Stop {
    fn from(error: DataError) -> Self {
        Self::Error(error)
    }
}

/// The result of the first pass over a file.
struct Plan {
    /// The columns, `None` for ignored ones, with their cells unless these are not kept or must be read again.
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

    /// Infers the formats of the columns. `keep` determines whether their cells are kept; `each` is called with every block of
    /// rows.
    fn plan(&self, layout: &Layout, keep: bool, mut each: impl FnMut(&[Row]) + Send) -> Result<Plan, Stop> {
        let kind_set = |name: &String| self.options.kinds.get(name).copied();
        let is_left_out = |name: &&String| self.options.only && kind_set(name).is_none();
        let read = layout.names.iter().filter(|name| !is_left_out(name)).count();
        let column = |name: &String| {
            let seen = Seen::new(
                kind_set(name),
                self.options.date_formats.get(name).copied(),
                Arc::clone(&self.options.na_values),
            );
            Growing::new(name.clone(), seen, is_left_out(&name), keep)
        };
        let mut growing: Vec<Growing> = layout.names.iter().map(column).collect();
        let mut rows = 0_usize;
        self.blocks(layout, |block| {
            rows += block.len();
            if keep && rows.saturating_mul(read) > MOST_CELLS {
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
            let reason = "it has a header but no rows";
            return Err(DataError::unsupported(self.path, reason).into());
        }
        let decimal =
            self.options.decimal.unwrap_or_else(|| Seen::decimal(growing.iter().map(Growing::seen)));
        let columns = growing.into_par_iter().map(|column| column.finish(decimal)).collect();
        Ok(Plan { columns, decimal, rows })
    }

    /// Reads the cells of the columns whose cells are missing.
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

    /// Appends the cells of rows to columns. `first_line` is the line at which the reader started.
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
        // Collected in column order, so that the reported error does not depend on the threads.
        results.collect::<Vec<Result<(), Stop>>>().into_iter().collect()
    }

    /// Calls `each` with blocks of rows, while the next block is read in parallel. All rows have one cell per column.
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

    /// Like [`blocks`](Self::blocks), for at most `most` rows of a reader.
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
                    "; a quotation mark may be missing"
                } else {
                    ""
                };
                let reason = format!("line {line} has {found} cells, the first line has {expected}{quote}");
                Err(DataError::unsupported(self.path, reason))
            }
        }
    }

    fn error(&self, line: u64, column: &str, reason: &str) -> DataError {
        DataError::unsupported(self.path, format!("line {line}, column {column}: {reason}"))
    }
}

impl<R: Read, F: Fn() -> Result<R, DataError>> Source<'_, F> {
    /// Returns the length of the UTF-8 byte order mark at the start of the file, or 0 if there is none; `None` if there is a
    /// UTF-16 byte order mark.
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
        // Invalid UTF-8 is passed through and detected later: replacing bytes would shift the offsets of chunks.
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

/// A row of a CSV file.
struct Row {
    record: ByteRecord,
    line: u64,
    /// The offset of the row in bytes from the position at which reading started.
    start: u64,
}

/// A block of rows, whose memory is reused.
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
