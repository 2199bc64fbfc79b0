//! Inference of column kinds.

use std::{
    collections::{HashSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    sync::Arc,
};

use super::{ColumnKind, Decimal, value};

/// The format in which the cells of a column are parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Number,
    Boolean,
    /// A format of `strftime`.
    Date(&'static str),
    Words,
}

/// The result of parsing a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Read {
    Missing,
    /// A number with a decimal point.
    Number(f64),
    Word,
}

/// Statistics of a column's cells.
pub(super) struct Seen {
    set: Option<ColumnKind>,
    date_format: Option<&'static str>,
    na_values: Arc<[String]>,
    rows: usize,
    missing: usize,
    /// Numbers of cells that are numbers with a decimal point, and with a decimal comma.
    numbers: [usize; 2],
    /// The first cell that is not a number with a decimal point, and its line.
    no_number: Option<(String, u64)>,
    booleans: usize,
    zeros_and_ones: usize,
    /// The date formats that match all cells so far.
    dates: Vec<&'static str>,
    whole: bool,
    /// Whether each number is the previous number plus 1.
    counting: bool,
    last: Option<f64>,
    /// Hashes of the distinct cells.
    distinct: HashSet<u64>,
    /// Number of cells that were added to `distinct`. It may exceed [`MOST_COMPARED`] while there is only one distinct cell.
    compared: usize,
    words: usize,
    /// The first words for false and true.
    booleans_seen: [Option<String>; 2],
    /// Whether a number contains a point or a comma, so that its value depends on the decimal separator.
    signs: bool,
    /// Whether all cells consist of digits. Together with a leading zero in a cell of at least three digits, as in `01234`, it
    /// indicates a code.
    digits: bool,
    zero_in_front: bool,
    /// Whether all cells have the same first two characters, such as `01` for the first days of months.
    same_start: bool,
    start: Option<[u8; 2]>,
}

/// Maximum number of cells among which distinct ones are counted.
const MOST_COMPARED: usize = 50_000;
/// Minimum number of values of an identifier column: a few values may be distinct by chance.
const FEWEST_IDENTIFIERS: usize = 20;

impl Seen {
    pub fn new(set: Option<ColumnKind>, date_format: Option<&'static str>, na_values: Arc<[String]>) -> Self {
        Self {
            set,
            date_format,
            na_values,
            rows: 0,
            missing: 0,
            numbers: [0; 2],
            no_number: None,
            booleans: 0,
            zeros_and_ones: 0,
            dates: value::DATE_FORMATS.to_vec(),
            whole: true,
            counting: true,
            last: None,
            distinct: HashSet::new(),
            compared: 0,
            words: 0,
            booleans_seen: [None, None],
            signs: false,
            digits: true,
            zero_in_front: false,
            same_start: true,
            start: None,
        }
    }

    pub fn add(&mut self, cell: &str, line: u64) -> Read {
        self.rows += 1;
        if value::is_missing(cell, &self.na_values) {
            self.missing += 1;
            return Read::Missing;
        }
        let cell = value::trimmed(cell);
        let point = Decimal::Point.number(cell);
        match point {
            Some(number) => {
                self.numbers[0] += 1;
                self.zeros_and_ones += usize::from(number == 0.0 || number == 1.0);
                self.whole &= number.fract() == 0.0;
                self.counting &= self.last.is_none_or(|last| number == last + 1.0);
                self.last = Some(number);
                self.signs = self.signs || cell.contains(['.', ',']);
            }
            None if self.no_number.is_none() => {
                self.no_number = Some((cell.chars().take(30).collect(), line));
            }
            None => {}
        }
        // Skipped once a cell is not a number with a decimal comma.
        if self.numbers[1] + self.missing + 1 == self.rows {
            let digits = cell.bytes().all(|byte| byte.is_ascii_digit());
            self.numbers[1] += usize::from(digits || Decimal::Comma.number(cell).is_some());
            self.digits &= digits;
            self.zero_in_front |= digits && cell.len() > 2 && cell.starts_with('0');
        }
        if self.booleans + self.missing + 1 == self.rows
            && let Some(value) = value::boolean(cell)
        {
            self.booleans += 1;
            self.booleans_seen[usize::from(value)].get_or_insert_with(|| cell.to_owned());
        }
        if !self.dates.is_empty() {
            self.dates.retain(|format| value::date(cell, format).is_some());
            let start = cell.as_bytes().first_chunk().copied();
            self.same_start &= self.start.is_none() || self.start == start;
            self.start = start;
        }
        if self.compared < MOST_COMPARED || self.distinct.len() == 1 {
            let mut hasher = DefaultHasher::new();
            cell.hash(&mut hasher);
            self.distinct.insert(hasher.finish());
            self.compared += 1;
        }
        match point {
            Some(number) => Read::Number(number),
            None => {
                self.words += cell.split_whitespace().count();
                Read::Word
            }
        }
    }

    /// Returns `true` if the kind is not set or allows numbers.
    pub fn may_be_numbers(&self) -> bool {
        matches!(self.set, None | Some(ColumnKind::Number | ColumnKind::Boolean))
    }

    /// Returns `true` if all cells so far are dates, or all are numbers with a decimal comma.
    pub fn may_be_dates_or_commas(&self) -> bool {
        !self.dates.is_empty() || self.numbers[Decimal::Comma as usize] + self.missing == self.rows
    }

    /// Returns the words for false and true of a boolean column; `None` if they are 0 and 1.
    pub fn booleans(&self) -> Option<[String; 2]> {
        let [no, yes] = self.booleans_seen.clone();
        Some([no?, yes?])
    }

    /// Returns the additional missing values.
    pub fn na_values(&self) -> Arc<[String]> {
        Arc::clone(&self.na_values)
    }

    /// Returns `true` if a number contains a point or a comma.
    pub fn has_signs(&self) -> bool {
        self.signs
    }

    fn known(&self) -> usize {
        self.rows - self.missing
    }

    /// Returns `true` if all cells are numbers with this decimal separator.
    fn is_number(&self, decimal: Decimal) -> bool {
        self.known() > 0 && self.numbers[decimal as usize] == self.known()
    }

    /// Infers the decimal separator of a file.
    pub fn decimal<'a>(columns: impl Iterator<Item = &'a Self> + Clone) -> Decimal {
        let comma = columns
            .clone()
            .any(|column| column.is_number(Decimal::Comma) && !column.is_number(Decimal::Point));
        let mut columns = columns;
        let point =
            columns.any(|column| column.is_number(Decimal::Point) && !column.is_number(Decimal::Comma));
        if comma && !point { Decimal::Comma } else { Decimal::Point }
    }

    /// Returns the kind of the column, the reason for it, and the format of its cells.
    pub fn kind(&self, name: &str, decimal: Decimal) -> (ColumnKind, String, Format) {
        let (kind, reason, format) = match self.set {
            Some(kind) => (kind, "as specified".into(), self.format_of(kind)),
            None => self.found(name, decimal),
        };
        let missing = match self.missing {
            0 => String::new(),
            _ if kind == ColumnKind::Empty => String::new(),
            count => format!(", {count} missing"),
        };
        (kind, format!("{reason}{missing}"), format)
    }

    fn format_of(&self, kind: ColumnKind) -> Format {
        match kind {
            ColumnKind::Number => Format::Number,
            ColumnKind::Boolean => Format::Boolean,
            ColumnKind::Date => {
                let found = self.date_format.or_else(|| self.found_date_format());
                Format::Date(found.unwrap_or(value::DATE_FORMATS[0]))
            }
            _ => Format::Words,
        }
    }

    fn found(&self, name: &str, decimal: Decimal) -> (ColumnKind, String, Format) {
        let known = self.known();
        let distinct = self.distinct.len();
        let all_differ = distinct == self.compared && known >= FEWEST_IDENTIFIERS;
        let count = if self.compared < known { format!("at least {distinct}") } else { distinct.to_string() };
        if known == 0 {
            return (ColumnKind::Empty, "no value in any row".into(), Format::Words);
        }
        if distinct == 1 && self.missing == 0 {
            let format = if self.is_number(decimal) { Format::Number } else { Format::Words };
            return (ColumnKind::Constant, "the same value in each row".into(), format);
        }
        if self.booleans == known && distinct > 1 {
            return (ColumnKind::Boolean, "yes or no".into(), Format::Boolean);
        }
        if self.zeros_and_ones == known {
            return (ColumnKind::Boolean, "0 or 1".into(), Format::Boolean);
        }
        if let Some(format) = self.found_date_format() {
            let others = self.dates.iter().filter(|other| **other != format);
            let unsure = others.map(|other| format!(", or {other}")).collect::<String>();
            return (ColumnKind::Date, format!("dates, {format}{unsure}"), Format::Date(format));
        }
        let is_code = self.digits && self.zero_in_front;
        if self.is_number(decimal) && !is_code {
            return self.found_numbers(name, all_differ, &count);
        }
        let why = match &self.no_number {
            Some((cell, line)) if self.numbers[0] * 10 > known * 9 => {
                format!(", {} are numbers, but {cell:?} in line {line} is not", self.numbers[0])
            }
            _ if is_code && self.is_number(decimal) => ", digits with leading zeros".into(),
            _ => String::new(),
        };
        let words = self.words as f64 / known as f64;
        let rare = distinct * 2 > self.compared;
        let (kind, reason) = match rare {
            true if words >= 3.0 => (ColumnKind::Text, format!("{words:.0} words on average")),
            true if all_differ => (ColumnKind::Identifier, "a different value in each row".into()),
            true if known >= FEWEST_IDENTIFIERS => {
                (ColumnKind::Identifier, format!("{count} different values in {known} rows"))
            }
            _ => (ColumnKind::Category, format!("{count} different values")),
        };
        (kind, format!("{reason}{why}"), Format::Words)
    }

    /// Returns the first date format that matches all cells. If the order of day and month is ambiguous, the format is
    /// preferred with which the dates are in different months.
    fn found_date_format(&self) -> Option<&'static str> {
        let is_day = self.same_start && self.distinct.len() > 1;
        self.dates.get(usize::from(is_day)).or(self.dates.first()).copied()
    }

    fn found_numbers(&self, name: &str, all_differ: bool, count: &str) -> (ColumnKind, String, Format) {
        let lower = name.to_lowercase();
        let named = lower == "id"
            || ["_id", " id", "-id", ".id"].iter().any(|end| lower.ends_with(end))
            || name.ends_with("Id")
            || name.ends_with("ID");
        let (kind, reason) = match () {
            // `counting` is determined for decimal points only.
            () if all_differ && self.whole && self.counting && self.is_number(Decimal::Point) => {
                (ColumnKind::Identifier, "consecutive numbers".into())
            }
            () if all_differ && self.whole && named => (
                ColumnKind::Identifier,
                "a different number in each row, and a column name like that of an id".into(),
            ),
            () => (ColumnKind::Number, format!("numbers, {count} different values")),
        };
        (kind, reason, Format::Number)
    }
}
