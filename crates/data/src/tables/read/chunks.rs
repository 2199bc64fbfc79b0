//! CSV files that are read in chunks.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use csv::ReaderBuilder;
use encoding_rs::UTF_8;
use rand::RngExt;

use super::{Decimal, Filling, Layout, Plan, Planned, Row, Source, Stop};
use crate::{
    error::DataError,
    random::{Purpose, generator},
    samples::{Chunks, Rows, Samples},
    tables::{ColumnTransformer, CsvOptions, Table, Target},
};

/// A CSV file that is read in chunks of rows, for tables that do not fit in memory.
///
/// Opening it reads the file once to infer the column kinds and to locate the chunks. Cells are not kept.
///
/// ```
/// use kindling_data::tables::{CsvChunks, CsvOptions};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("trips.csv");
/// # std::fs::write(&path, "distance,taxi\n1.5,yes\n2.5,no\n7,yes\n")?;
/// let chunks = CsvChunks::open(&path, &CsvOptions::new(), 2)?;
/// assert_eq!((chunks.count(), chunks.rows()), (2, 3));
/// assert_eq!(chunks.read(1)?.column("distance")?.text(0), Some("7".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CsvChunks {
    path: PathBuf,
    layout: Arc<Layout>,
    columns: Arc<Vec<(usize, Planned)>>,
    decimal: Decimal,
    na_values: Arc<[String]>,
    chunks: Arc<Vec<Chunk>>,
    /// The chunks in this view.
    range: Range<usize>,
}

/// The location of a chunk, and its number of rows.
#[derive(Clone, Copy, Debug)]
struct Chunk {
    start: u64,
    /// Whether it starts at the beginning of the file.
    is_first: bool,
    line: u64,
    rows: usize,
}

impl CsvChunks {
    /// Opens a CSV file as chunks of `rows` rows; the last chunk may have fewer rows.
    ///
    /// # Errors
    /// The errors of [`Table::read_csv`]; [`DataError::Unsupported`] if the file is not UTF-8; [`DataError::Argument`] if
    /// `rows` is 0.
    pub fn open(path: impl AsRef<Path>, options: &CsvOptions, rows: usize) -> Result<Self, DataError> {
        let path = path.as_ref();
        if rows == 0 {
            return Err(DataError::argument("the number of rows per chunk", 0, "give at least 1"));
        }
        let not_utf8 =
            || DataError::unsupported(path, "it is not UTF-8: convert it to UTF-8 to read it in chunks");
        if options.encoding.is_some_and(|encoding| encoding != UTF_8) {
            return Err(not_utf8());
        }
        let source = Source { open: || open(path, 0), path, options };
        let mark = source.byte_order_mark()?.ok_or_else(not_utf8)?;
        let mut chunks: Vec<Chunk> = Vec::new();
        let read = source.layout(None).and_then(|layout| {
            let plan = source.plan(&layout, false, |block| {
                for Row { line, start, .. } in block {
                    match chunks.last_mut() {
                        Some(chunk) if chunk.rows < rows => chunk.rows += 1,
                        _ => chunks.push(Chunk {
                            start: start + mark,
                            is_first: *start == 0,
                            line: *line,
                            rows: 1,
                        }),
                    }
                }
            })?;
            Ok((layout, plan))
        });
        let (layout, Plan { columns, decimal, .. }) = read.map_err(|stop| match stop {
            Stop::Error(error) => error,
            Stop::Encoding => not_utf8(),
        })?;
        let columns = columns.into_iter().enumerate();
        let columns = columns.filter_map(|(place, column)| Some((place, column?.0))).collect();
        let range = 0..chunks.len();
        Ok(Self {
            path: path.into(),
            layout: Arc::new(layout),
            columns: Arc::new(columns),
            decimal,
            na_values: Arc::clone(&options.na_values),
            chunks: Arc::new(chunks),
            range,
        })
    }

    /// Returns the number of chunks.
    pub fn count(&self) -> usize {
        self.range.len()
    }

    /// Returns the number of rows of each chunk.
    pub fn lengths(&self) -> Vec<usize> {
        self.chunks[self.range.clone()].iter().map(|chunk| chunk.rows).collect()
    }

    /// Returns the total number of rows.
    pub fn rows(&self) -> usize {
        self.lengths().iter().sum()
    }

    /// Returns the chunks in `range`, for example those of the training set. A range that exceeds the number of chunks is
    /// truncated.
    pub fn slice(&self, range: Range<usize>) -> Self {
        let at = |place: usize| self.range.start.saturating_add(place).min(self.range.end);
        let end = at(range.end);
        Self { range: at(range.start).min(end)..end, ..self.clone() }
    }

    /// Reads the chunk at `index`.
    ///
    /// # Errors
    /// [`DataError::Io`] if the file cannot be read; [`DataError::Unsupported`] if the file no longer has the rows of
    /// the chunk, or a number is outside of the range of `f32`; [`DataError::Argument`] if there is no such chunk.
    pub fn read(&self, index: usize) -> Result<Table, DataError> {
        let remedy = || format!("there are {} chunks", self.count());
        let chunk = self.chunks[self.range.clone()].get(index).copied();
        self.table(chunk.ok_or_else(|| DataError::argument("the chunk", index, remedy()))?, |_| true)
    }

    /// Returns a random sample of about `rows` rows from all chunks, for fitting encoders. Reads the file once.
    ///
    /// # Errors
    /// The errors of [`read`](Self::read).
    pub fn sample(&self, rows: usize, seed: u64) -> Result<Table, DataError> {
        let share = rows as f64 / self.rows().max(1) as f64;
        let mut random = generator(seed, Purpose::Split, 0);
        let all = &self.chunks[self.range.clone()];
        let first = all
            .first()
            .copied()
            .ok_or_else(|| DataError::argument("the number of chunks", 0, "give at least one"))?;
        let whole = Chunk { rows: self.rows(), ..first };
        // The first row is always included, because an empty table cannot be used for fitting.
        let mut is_first = true;
        self.table(whole, |_| std::mem::take(&mut is_first) || random.random::<f64>() < share)
    }

    /// Returns the chunks as samples for training, encoded with fitted `features` and `target`.
    pub fn encoded<'a>(&self, features: &'a ColumnTransformer, target: &'a Target) -> EncodedChunks<'a> {
        EncodedChunks { chunks: self.clone(), features, target }
    }

    fn table(&self, chunk: Chunk, mut keep: impl FnMut(&Row) -> bool + Send) -> Result<Table, DataError> {
        let options = CsvOptions::new();
        let source = Source { open: || open(&self.path, chunk.start), path: &self.path, options: &options };
        let mut columns: Vec<Filling> =
            self.columns.iter().map(|(place, planned)| Filling::new(*place, planned, self.decimal)).collect();
        // An empty line, which is skipped, is prepended to all chunks but the first: the reader drops a byte order mark at the
        // start of its input, but inside a file it is part of a cell.
        let before: &[u8] = if chunk.is_first { b"" } else { b"\n" };
        let first_line = chunk.line - before.len() as u64;
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.layout.delimiter)
            .buffer_capacity(1 << 16)
            .from_reader(before.chain((source.open)()?));
        let (mut seen, mut rows) = (0, 0);
        let read = source.blocks_of(reader, &self.layout, chunk.rows, |block| {
            seen += block.len();
            let places: Vec<usize> = (0..block.len()).filter(|place| keep(&block[*place])).collect();
            rows += places.len();
            source.fill(&mut columns, places.iter().map(|place| &block[*place]), first_line)
        });
        let changed =
            || DataError::unsupported(&self.path, "it changed while it was being read: open it again");
        read.map_err(|stop| match stop {
            Stop::Error(error) => error,
            Stop::Encoding => changed(),
        })?;
        if seen != chunk.rows {
            return Err(changed());
        }
        let stored = columns.into_iter().map(|column| {
            let planned = column.planned.clone();
            planned.stored(column.cells())
        });
        let na_values = Arc::clone(&self.na_values);
        Ok(Table {
            columns: Arc::new(stored.collect()),
            rows: Rows::all(rows),
            decimal: self.decimal,
            na_values,
        })
    }
}

/// The chunks of a CSV file, encoded as samples.
#[derive(Clone, Debug)]
pub struct EncodedChunks<'a> {
    chunks: CsvChunks,
    features: &'a ColumnTransformer,
    target: &'a Target,
}

impl Chunks for EncodedChunks<'_> {
    fn lengths(&self) -> Vec<usize> {
        self.chunks.lengths()
    }

    fn read(&self, index: usize) -> Result<Samples, DataError> {
        let rows = self.chunks.read(index)?;
        let target = self.target.transform(&rows.column(self.target.name())?)?;
        Samples::new(self.features.transform(&rows)?, target)
    }
}

fn open(path: &Path, start: u64) -> Result<File, DataError> {
    let mut file = File::open(path).map_err(DataError::io(path))?;
    file.seek(SeekFrom::Start(start)).map_err(DataError::io(path))?;
    Ok(file)
}
