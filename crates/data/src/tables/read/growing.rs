//! Columns whose format is inferred while they are read.

use std::sync::Arc;

use super::super::{
    ColumnKind, Decimal,
    infer::{Format, Read, Seen},
    table::{Cells, Dictionary, MISSING_WORD, Stored},
    value,
};

/// Number of rows after which a column that contains only numbers so far is no longer stored as words.
const SETTLED: usize = 1000;
/// Number of distinct words above which a column that may still contain dates or decimal commas is read a second time
/// instead.
const MOST_WORDS: usize = 50_000;
/// The largest absolute value of a number; features are `f32`.
const LARGEST: f64 = f32::MAX as f64;

/// A column whose format is inferred while it is read. The format is known only at the end, so the cells are stored in all
/// forms that are still possible. If no stored form turns out to be usable, the column is read a second time.
pub struct Growing {
    name: String,
    seen: Seen,
    left_out: bool,
    /// Cells as numbers with decimal points; NaN represents a missing value.
    numbers: Option<Vec<f64>>,
    words: Option<Words>,
}

#[derive(Default)]
struct Words {
    codes: Vec<u32>,
    dictionary: Dictionary,
}

/// The inferred properties of a column.
#[derive(Clone, Debug)]
pub struct Planned {
    pub name: String,
    pub kind: ColumnKind,
    pub reason: String,
    pub format: Format,
    /// The words for false and true of a boolean column; `None` if they are 0 and 1.
    pub booleans: Option<[String; 2]>,
    /// Additional missing values.
    pub na_values: Arc<[String]>,
}

impl Growing {
    /// Creates an empty column. `keep` determines whether its cells are stored.
    pub fn new(name: String, seen: Seen, left_out: bool, keep: bool) -> Self {
        let keep = keep && !left_out;
        let numbers = (keep && seen.may_be_numbers()).then(Vec::new);
        Self { name, seen, left_out, numbers, words: keep.then(Words::default) }
    }

    pub fn add(&mut self, cell: &str, line: u64) {
        if self.left_out {
            return;
        }
        let read = self.seen.add(cell, line);
        if let Some(numbers) = &mut self.numbers {
            match read {
                Read::Missing => numbers.push(f64::NAN),
                Read::Number(number) => numbers.push(number),
                Read::Word => self.numbers = None,
            }
        }
        if let Some(words) = &mut self.words {
            words.codes.push(match read {
                Read::Missing => MISSING_WORD,
                Read::Number(_) | Read::Word => words.dictionary.code(value::trimmed(cell)),
            });
            let (rows, distinct) = (words.codes.len(), words.dictionary.words.len());
            let many = distinct > MOST_WORDS && self.seen.may_be_dates_or_commas();
            if many || rows >= SETTLED && self.numbers.is_some() {
                self.words = None;
            }
        }
    }

    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Returns the column with its cells, or without them if they must be read again; `None` for an ignored column.
    pub fn finish(self, decimal: Decimal) -> Option<(Planned, Option<Cells>)> {
        if self.left_out {
            return None;
        }
        let (kind, reason, format) = self.seen.kind(&self.name, decimal);
        let booleans = self.seen.booleans().filter(|_| format == Format::Boolean);
        let planned =
            Planned { name: self.name, kind, reason, format, booleans, na_values: self.seen.na_values() };
        let numbers = self.numbers.filter(|_| decimal == Decimal::Point || !self.seen.has_signs());
        let cells = match (numbers, self.words) {
            (_, Some(words)) if format == Format::Words => {
                Some(Cells::Words { codes: words.codes, words: words.dictionary.words })
            }
            (Some(numbers), _) if planned.are_valid(&numbers) => Some(Cells::Numbers(numbers)),
            (_, Some(words)) => planned.convert(&words, decimal),
            (_, None) => None,
        };
        Some((planned, cells))
    }
}

impl Planned {
    /// Returns `true` if cells stored as numbers are valid for the format of the column.
    fn are_valid(&self, numbers: &[f64]) -> bool {
        match self.format {
            Format::Number => !numbers.iter().any(|number| number.abs() > LARGEST),
            Format::Boolean => numbers.iter().all(|number| number.is_nan() || [0.0, 1.0].contains(number)),
            Format::Date(_) | Format::Words => false,
        }
    }

    /// Converts words to numbers; `None` if a word is not a number.
    fn convert(&self, words: &Words, decimal: Decimal) -> Option<Cells> {
        let distinct = &words.dictionary.words;
        let numbers: Vec<f64> =
            distinct.iter().map(|word| self.number(word, decimal)).collect::<Result<_, _>>().ok()?;
        let number = |code: &u32| numbers.get(*code as usize).copied().unwrap_or(f64::NAN);
        Some(Cells::Numbers(words.codes.iter().map(number).collect()))
    }

    /// Returns `true` if a cell represents a missing value.
    pub fn is_missing(&self, cell: &str) -> bool {
        value::is_missing(cell, &self.na_values)
    }

    /// Parses a cell as a number; NaN if it is missing.
    ///
    /// # Errors
    /// The reason why the cell does not have the format of the column.
    pub fn number(&self, cell: &str, decimal: Decimal) -> Result<f64, String> {
        if self.is_missing(cell) {
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
            Some(number) if number.abs() > LARGEST => {
                Err(format!("{:?} is beyond the range of numbers, up to {LARGEST:.1e}", shortened(cell)))
            }
            Some(number) => Ok(number),
        }
    }

    /// Returns the column with its cells.
    pub fn stored(self, cells: Cells) -> Stored {
        let date_format = if let Format::Date(format) = self.format { Some(format) } else { None };
        let Self { name, kind, reason, booleans, .. } = self;
        Stored { name, kind, reason, cells, date_format, booleans }
    }
}

fn zero_or_one(cell: &str) -> Option<f64> {
    Decimal::Point.number(cell).filter(|number| [0.0, 1.0].contains(number))
}

fn shortened(cell: &str) -> String {
    cell.chars().take(40).collect()
}
