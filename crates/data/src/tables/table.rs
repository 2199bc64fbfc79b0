//! Tables with named columns.

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

/// The kind of data in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Numbers.
    Number,
    /// Categories: words from a limited set.
    Category,
    /// Booleans: yes or no, or 0 or 1.
    Boolean,
    /// Dates, with or without a time.
    Date,
    /// Free text.
    Text,
    /// Identifiers: a different value in each row, without information about other rows.
    Identifier,
    /// A constant: the same value in each row.
    Constant,
    /// No value in any row.
    Empty,
}

/// The cells of a column in their parsed type.
#[derive(Debug)]
pub(super) enum Cells {
    /// Numbers, dates as seconds since 1970, and booleans as 0 and 1. NaN represents a missing value.
    Numbers(Vec<f64>),
    /// Indices of words. [`MISSING_WORD`] represents a missing value.
    Words { codes: Vec<u32>, words: Vec<String> },
}

/// Words and their indices, while a column is read.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    pub words: Vec<String>,
    codes: HashMap<String, u32, RandomState>,
}

impl Dictionary {
    /// Returns the index of a word, which is added if it is new; [`MISSING_WORD`] for an empty word.
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

/// Maximum number of columns that an error lists.
const MOST_NAMED: usize = 50;
/// The code of a missing word.
pub(super) const MISSING_WORD: u32 = u32::MAX;

/// A column of a table.
#[derive(Debug)]
pub(super) struct Stored {
    pub name: String,
    pub kind: ColumnKind,
    /// The reason for the kind.
    pub reason: String,
    pub cells: Cells,
    /// The format of a column of dates.
    pub date_format: Option<&'static str>,
    /// The words for false and true of a boolean column; `None` if they are 0 and 1.
    pub booleans: Option<[String; 2]>,
}

/// The columns of a table in order, with an index by name, because tables may have thousands of columns.
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

/// A table with named columns of different kinds, such as the content of a CSV file. Slices and selections are views that
/// share the cells.
#[derive(Clone, Debug)]
pub struct Table {
    pub(super) columns: Arc<Columns>,
    pub(super) rows: Rows,
    pub(super) decimal: Decimal,
    /// Additional missing values.
    pub(super) na_values: Arc<[String]>,
}

/// A column of a [`Table`].
#[derive(Clone, Copy, Debug)]
pub struct TableColumn<'a> {
    stored: &'a Stored,
    rows: &'a Rows,
}

impl Table {
    /// Creates a table from columns of words, each with its name, its kind, and one word per row. An empty word is a missing
    /// value.
    ///
    /// # Errors
    /// [`DataError::Argument`] if columns differ in length, two columns have the same name, or a kind is numeric.
    pub fn from_words<'a>(
        columns: impl IntoIterator<Item = (&'a str, ColumnKind, Vec<String>)>,
    ) -> Result<Self, DataError> {
        let mut stored: Vec<Stored> = Vec::new();
        let mut rows = None;
        for (name, kind, cells) in columns {
            let expected = *rows.get_or_insert(cells.len());
            if cells.len() != expected {
                let remedy = format!("the first column has {expected}: give columns of the same length");
                return Err(DataError::argument("the number of words", cells.len(), remedy));
            }
            if stored.iter().any(|column| column.name == name) {
                return Err(DataError::argument("the name of two columns", name, "rename one of them"));
            }
            if matches!(kind, ColumnKind::Number | ColumnKind::Boolean | ColumnKind::Date) {
                return Err(DataError::argument(
                    "the column's kind",
                    format!("{kind:?}"),
                    "give a kind of words, for example Category",
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

    /// Returns `true` if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the columns, in the order of the file.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = TableColumn<'_>> {
        self.columns.iter().map(|stored| TableColumn { stored, rows: &self.rows })
    }

    /// Returns the column with the given name.
    ///
    /// # Errors
    /// [`DataError::NoColumn`], which lists the existing names, if there is no such column.
    pub fn column(&self, name: &str) -> Result<TableColumn<'_>, DataError> {
        let stored = self.columns.named(name).ok_or_else(|| {
            let names: Vec<String> =
                self.columns().map(|column| format!("{:?}", column.name())).take(MOST_NAMED).collect();
            DataError::NoColumn { name: name.into(), columns: names.join(", ") }
        })?;
        Ok(TableColumn { stored, rows: &self.rows })
    }

    /// Returns the rows in `range`; a range that exceeds the length is truncated.
    pub fn slice(&self, range: Range<usize>) -> Self {
        Self { rows: self.rows.slice(&range), ..self.clone() }
    }

    /// Returns the rows at `positions`, in that order.
    ///
    /// # Errors
    /// [`DataError::Argument`] if a position is not below [`len`](Self::len).
    pub fn select(&self, positions: &[usize]) -> Result<Self, DataError> {
        check_positions(positions, self.len())?;
        Ok(Self { rows: self.rows.select(positions), ..self.clone() })
    }

    /// Returns the rows sorted by a column of numbers or dates, in ascending order. The sort is stable, and missing values come
    /// last.
    ///
    /// # Errors
    /// [`DataError::NoColumn`] if there is no such column; [`DataError::Argument`] if it contains words.
    pub fn sort_values(&self, name: &str) -> Result<Self, DataError> {
        let numbers: Vec<f64> = encoders::numbers(&self.column(name)?)?.collect();
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by(|one, other| {
            let (one, other) = (numbers[*one], numbers[*other]);
            one.is_nan().cmp(&other.is_nan()).then(one.total_cmp(&other))
        });
        self.select(&order)
    }

    /// Returns the training and validation rows of each split, like [`Samples::split`]. Stratified splits use the values of
    /// `target` as the classes.
    ///
    /// # Errors
    /// [`DataError::NoColumn`] if there is no such column, and the errors of the splitter.
    pub fn split(&self, splitter: &dyn Splitter, target: &str) -> Result<Vec<(Self, Self)>, DataError> {
        let classes: Vec<i32> = self.column(target)?.groups().into_iter().map(|code| code as i32).collect();
        let samples = Samples::new(Column::floats(vec![0.0_f32; self.len()])?, Column::classes(classes)?)?;
        let parts = |Split { train, validation }| Ok((self.select(&train)?, self.select(&validation)?));
        checked(splitter, &samples)?.into_iter().map(parts).collect()
    }

    /// Splits the rows into a training and a test set, like [`train_test_split`](crate::splits::train_test_split). This is the
    /// first result of [`split`](Self::split).
    ///
    /// # Errors
    /// The errors of [`split`](Self::split).
    pub fn train_test_split(&self, splitter: &dyn Splitter, target: &str) -> Result<(Self, Self), DataError> {
        Ok(self.split(splitter, target)?.swap_remove(0))
    }

    /// Returns all cells as numbers: `f64`, shape `[rows, columns]`.
    ///
    /// # Errors
    /// [`DataError::Argument`], which names the row and the column, if a cell is missing or not a number.
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

/// Formats the name, the kind, and the reason for the kind of each column, one column per line.
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
    /// Returns the name of the column.
    pub fn name(&self) -> &'a str {
        &self.stored.name
    }

    /// Returns the kind of the column.
    pub fn kind(&self) -> ColumnKind {
        self.stored.kind
    }

    /// Returns the date format, as in `strftime`; `None` if the column does not contain dates.
    pub fn date_format(&self) -> Option<&'static str> {
        self.stored.date_format
    }

    /// Returns a human-readable reason for the kind.
    pub fn reason(&self) -> &'a str {
        &self.stored.reason
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns `true` if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the cells as numbers, with NaN for missing values: numbers, dates as seconds since 1970, and booleans as 0 and 1.
    /// `None` for a column of words.
    pub fn numbers(&self) -> Option<impl Iterator<Item = f64> + use<'a>> {
        match &self.stored.cells {
            Cells::Numbers(numbers) => Some(self.rows.iter().map(|row| numbers[row])),
            Cells::Words { .. } => None,
        }
    }

    /// Returns the cells as words, with `None` for missing values. `None` for a column of numbers.
    pub fn words(&self) -> Option<impl Iterator<Item = Option<&'a str>> + use<'a>> {
        match &self.stored.cells {
            Cells::Words { codes, words } => {
                let word = |code: u32| words.get(code as usize).map(String::as_str);
                Some(self.rows.iter().map(move |row| word(codes[row])))
            }
            Cells::Numbers(_) => None,
        }
    }

    /// Returns the cells as indices of words, and the words. The index of a missing value is [`MISSING_WORD`].
    pub(super) fn codes(&self) -> Option<(impl Iterator<Item = u32> + use<'a>, &'a [String])> {
        match &self.stored.cells {
            Cells::Words { codes, words } => Some((self.rows.iter().map(|row| codes[row]), words)),
            Cells::Numbers(_) => None,
        }
    }

    /// Returns the cell of a row as text; `None` if it is missing.
    ///
    /// # Panics
    /// Panics if `row` is not below [`len`](Self::len).
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

    /// Returns the group of each row, for [`GroupKFold`](crate::splits::GroupKFold): rows with equal cells are in the same
    /// group, and groups are numbered from 0 in order of their first rows. Missing values are equal.
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
