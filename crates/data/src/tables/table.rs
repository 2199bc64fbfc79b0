//! Columns of cells, under names.

use std::{
    collections::HashMap,
    fmt,
    ops::{Deref, Range},
    sync::Arc,
};

use burn::tensor::TensorData;
use foldhash::fast::RandomState;

use super::{Decimal, encoders, value};
use crate::{
    error::DataError,
    samples::{Column, Rows, Samples, check_positions},
    splits::{Split, Splitter, checked},
};

/// What the cells of a column mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Numbers.
    Number,
    /// One of some words.
    Category,
    /// Yes or no.
    Boolean,
    /// Dates, with or without a time.
    Date,
    /// Free text.
    Text,
    /// A different value in each row, which says nothing about other rows.
    Identifier,
    /// The same value in each row.
    Constant,
    /// No value in any row.
    Empty,
}

/// The cells of a column in the type they were read in.
#[derive(Debug)]
pub(super) enum Cells {
    /// Numbers; dates as seconds since 1970, booleans as 0 and 1. NaN where a value is missing.
    Numbers(Vec<f64>),
    /// Indices of words; [`MISSING_WORD`] where a value is missing.
    Words { codes: Vec<u32>, words: Vec<String> },
}

/// Words and their indices, while a column is read.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    pub words: Vec<String>,
    codes: HashMap<String, u32, RandomState>,
}

impl Dictionary {
    /// Returns the index of a word, a new one if it was not seen before; [`MISSING_WORD`] for an empty one.
    pub fn code(&mut self, word: impl AsRef<str> + Into<String>) -> u32 {
        if word.as_ref().is_empty() {
            return MISSING_WORD;
        }
        if let Some(code) = self.codes.get(word.as_ref()) {
            return *code;
        }
        let code = self.words.len() as u32;
        let word = word.into();
        self.words.push(word.clone());
        self.codes.insert(word, code);
        code
    }
}

/// Limit of the columns that an error names.
const MOST_NAMED: usize = 50;
/// The code of a missing word.
pub(super) const MISSING_WORD: u32 = u32::MAX;

/// A column as it was read.
#[derive(Debug)]
pub(super) struct Stored {
    pub name: String,
    pub kind: ColumnKind,
    /// Why it has this kind.
    pub reason: String,
    pub cells: Cells,
    /// Of a column of dates.
    pub date_format: Option<&'static str>,
    /// Of a column of booleans, the words for false and true, where they are not 0 and 1.
    pub booleans: Option<[String; 2]>,
}

/// The columns of a table in their order, found by name: tables may have thousands.
#[derive(Debug)]
pub(super) struct Columns {
    stored: Vec<Stored>,
    places: HashMap<String, usize, RandomState>,
}

impl FromIterator<Stored> for Columns {
    fn from_iter<I: IntoIterator<Item = Stored>>(columns: I) -> Self {
        let stored: Vec<Stored> = columns.into_iter().collect();
        let places = stored.iter().enumerate().map(|(place, column)| (column.name.clone(), place)).collect();
        Self { stored, places }
    }
}

impl Deref for Columns {
    type Target = [Stored];

    fn deref(&self) -> &[Stored] {
        &self.stored
    }
}

impl Columns {
    fn named(&self, name: &str) -> Option<&Stored> {
        Some(&self.stored[*self.places.get(name)?])
    }
}

/// Rows of named columns of different types, such as those of a CSV file. A table is a view: parts share the cells.
#[derive(Clone, Debug)]
pub struct Table {
    pub(super) columns: Arc<Columns>,
    pub(super) rows: Rows,
    pub(super) decimal: Decimal,
    /// A user's own texts for missing values.
    pub(super) na_values: Arc<[String]>,
}

/// A column of a [`Table`].
#[derive(Clone, Copy, Debug)]
pub struct TableColumn<'a> {
    stored: &'a Stored,
    rows: &'a Rows,
}

impl Table {
    /// Creates a table of words: each column with its name, its kind, and a word for each row. An empty word is a missing
    /// value.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the columns differ in length, two have the same name, or a kind is one of numbers.
    pub fn from_words<'a>(
        columns: impl IntoIterator<Item = (&'a str, ColumnKind, Vec<String>)>,
    ) -> Result<Self, DataError> {
        let mut stored: Vec<Stored> = Vec::new();
        let mut rows = None;
        for (name, kind, cells) in columns {
            let expected = *rows.get_or_insert(cells.len());
            if cells.len() != expected {
                let remedy = format!("the first column has {expected}: give columns of one length");
                return Err(DataError::argument("the number of words", cells.len(), remedy));
            }
            if stored.iter().any(|column| column.name == name) {
                return Err(DataError::argument("the column", name, "two have this name: rename one"));
            }
            if matches!(kind, ColumnKind::Number | ColumnKind::Boolean | ColumnKind::Date) {
                return Err(DataError::argument(
                    "the column's kind",
                    format!("{kind:?}"),
                    "give one of words",
                ));
            }
            let mut dictionary = Dictionary::default();
            let codes = cells.into_iter().map(|cell| dictionary.code(cell)).collect();
            let cells = Cells::Words { codes, words: dictionary.words };
            stored.push(Stored {
                name: name.into(),
                kind,
                reason: "given".into(),
                cells,
                date_format: None,
                booleans: None,
            });
        }
        let columns = Arc::new(stored.into_iter().collect());
        Ok(Self {
            columns,
            rows: Rows::all(rows.unwrap_or(0)),
            decimal: Decimal::Point,
            na_values: Arc::default(),
        })
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the columns, in the order of the file.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = TableColumn<'_>> {
        self.columns.iter().map(|stored| TableColumn { stored, rows: &self.rows })
    }

    /// Returns the column of this name.
    ///
    /// # Errors
    /// [`DataError::NoColumn`] with the names that exist if there is none.
    pub fn column(&self, name: &str) -> Result<TableColumn<'_>, DataError> {
        let stored = self.columns.named(name).ok_or_else(|| {
            let names: Vec<String> =
                self.columns().map(|column| format!("{:?}", column.name())).take(MOST_NAMED).collect();
            DataError::NoColumn { name: name.into(), columns: names.join(", ") }
        })?;
        Ok(TableColumn { stored, rows: &self.rows })
    }

    /// Returns the rows at `range`; an end beyond the last row is the last row.
    pub fn slice(&self, range: Range<usize>) -> Self {
        Self { rows: self.rows.slice(&range), ..self.clone() }
    }

    /// Returns the rows at these positions, in their order.
    ///
    /// # Errors
    /// [`DataError::Argument`] if there is no such position.
    pub fn select(&self, positions: &[usize]) -> Result<Self, DataError> {
        check_positions(positions, self.len())?;
        Ok(Self { rows: self.rows.select(positions), ..self.clone() })
    }

    /// Returns the rows in ascending order of a column of numbers or dates; rows of equal values keep their order, and rows
    /// without a value come last.
    ///
    /// # Errors
    /// [`DataError::Argument`] if there is no such column, or it holds words.
    pub fn sort_values(&self, name: &str) -> Result<Self, DataError> {
        let numbers: Vec<f64> = encoders::numbers(&self.column(name)?)?.collect();
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by(|one, other| {
            let (one, other) = (numbers[*one], numbers[*other]);
            one.is_nan().cmp(&other.is_nan()).then(one.total_cmp(&other))
        });
        self.select(&order)
    }

    /// Returns the training and held-out rows of each split, as [`Samples::split`]. The classes of a stratified split are
    /// the values of `target`.
    ///
    /// # Errors
    /// If there is no such column, or those of the splitter.
    pub fn split(&self, splitter: &dyn Splitter, target: &str) -> Result<Vec<(Self, Self)>, DataError> {
        let classes: Vec<i32> = self.column(target)?.groups().into_iter().map(|code| code as i32).collect();
        let samples = Samples::new(Column::floats(vec![0.0_f32; self.len()])?, Column::classes(classes)?)?;
        let parts = |Split { train, validation }| Ok((self.select(&train)?, self.select(&validation)?));
        checked(splitter, &samples)?.into_iter().map(parts).collect()
    }

    /// Splits the rows into a training and a test set, the first of [`split`](Self::split):
    /// [`train_test_split`](crate::splits::train_test_split).
    ///
    /// # Errors
    /// As [`split`](Self::split).
    pub fn train_test_split(&self, splitter: &dyn Splitter, target: &str) -> Result<(Self, Self), DataError> {
        Ok(self.split(splitter, target)?.swap_remove(0))
    }

    /// Returns all cells as numbers: `f64` `[rows, columns]`.
    ///
    /// # Errors
    /// [`DataError::Argument`] with the row and the column of a cell that is missing or not a number.
    pub fn numbers(&self) -> Result<TensorData, DataError> {
        let mut values = vec![0.0; self.len() * self.columns.len()];
        for (place, column) in self.columns().enumerate() {
            let Some(numbers) = column.numbers() else {
                let word = |row| column.text(row).filter(|word| Decimal::Point.number(word).is_none());
                let cell = (0..self.len()).find_map(|row| Some((row, word(row)?)));
                let cell = cell
                    .map_or_else(|| column.reason().into(), |(row, word)| format!("{word:?} (row {row})"));
                let found = format!("{cell} in column {}", column.name());
                return Err(DataError::argument("a value", found, "give numbers"));
            };
            for (row, number) in numbers.enumerate() {
                if number.is_nan() {
                    let cell = format!("missing (row {row}, column {})", column.name());
                    return Err(DataError::argument("a value", cell, "give a number"));
                }
                values[row * self.columns.len() + place] = number;
            }
        }
        Ok(TensorData::new(values, [self.len(), self.columns.len()]))
    }
}

/// Each column's name, its kind, and why.
impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.columns().map(|column| column.name().chars().count()).max().unwrap_or(0);
        for (place, column) in self.columns().enumerate() {
            let end = if place + 1 < self.columns.len() { "\n" } else { "" };
            let (name, kind) = (column.name(), format!("{:?}", column.kind()).to_lowercase());
            write!(formatter, "{name:<width$}  {kind:<10}  {}{end}", column.reason())?;
        }
        Ok(())
    }
}

impl<'a> TableColumn<'a> {
    /// Returns the name.
    pub fn name(&self) -> &'a str {
        &self.stored.name
    }

    /// Returns what the cells mean.
    pub fn kind(&self) -> ColumnKind {
        self.stored.kind
    }

    /// Returns the format of a column of dates, as in `strftime`.
    pub fn date_format(&self) -> Option<&'static str> {
        self.stored.date_format
    }

    /// Returns why the column has its kind, for people.
    pub fn reason(&self) -> &'a str {
        &self.stored.reason
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the cells as numbers, with NaN for missing ones: numbers, dates as seconds since 1970, booleans as 0 and 1.
    /// None for a column of words.
    pub fn numbers(&self) -> Option<impl Iterator<Item = f64> + use<'a>> {
        match &self.stored.cells {
            Cells::Numbers(numbers) => Some(self.rows.iter().map(|row| numbers[row])),
            Cells::Words { .. } => None,
        }
    }

    /// Returns the cells as words, with None for missing ones. None for a column of numbers.
    pub fn words(&self) -> Option<impl Iterator<Item = Option<&'a str>> + use<'a>> {
        match &self.stored.cells {
            Cells::Words { codes, words } => {
                let word = |code: u32| words.get(code as usize).map(String::as_str);
                Some(self.rows.iter().map(move |row| word(codes[row])))
            }
            Cells::Numbers(_) => None,
        }
    }

    /// Returns the cells as indices of words, and the words; a missing one's index is [`MISSING_WORD`].
    pub(super) fn codes(&self) -> Option<(impl Iterator<Item = u32> + use<'a>, &'a [String])> {
        match &self.stored.cells {
            Cells::Words { codes, words } => Some((self.rows.iter().map(|row| codes[row]), words)),
            Cells::Numbers(_) => None,
        }
    }

    /// Returns the cell of a row as text; None where it is missing.
    pub fn text(&self, row: usize) -> Option<String> {
        let row = self.rows.row(row);
        match &self.stored.cells {
            Cells::Words { codes, words } => words.get(codes[row] as usize).cloned(),
            Cells::Numbers(numbers) => Some(numbers[row]).filter(|number| !number.is_nan()).map(|number| {
                match (&self.stored.booleans, self.stored.date_format) {
                    (Some(words), _) => words[usize::from(number != 0.0)].clone(),
                    (_, Some(format)) => value::date_text(number, format),
                    _ => number.to_string(),
                }
            }),
        }
    }

    /// Returns a number for each cell, the same for equal cells, from 0 in the order of their first rows: the groups of
    /// [`GroupKFold`](crate::splits::GroupKFold). Missing values are equal.
    pub fn groups(&self) -> Vec<usize> {
        let mut seen = std::collections::HashMap::new();
        let mut code = |key: u64| {
            let next = seen.len();
            *seen.entry(key).or_insert(next)
        };
        match &self.stored.cells {
            Cells::Words { codes, .. } => self.rows.iter().map(|row| code(codes[row].into())).collect(),
            Cells::Numbers(numbers) => self.rows.iter().map(|row| code(numbers[row].to_bits())).collect(),
        }
    }
}
