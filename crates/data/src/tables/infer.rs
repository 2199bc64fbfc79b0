//! What a column holds.

use std::{
    collections::{HashSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    sync::Arc,
};

use super::{ColumnKind, Decimal, value};

/// How the cells of a column are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Number,
    Boolean,
    /// A format of `strftime`.
    Date(&'static str),
    Words,
}

/// What a cell was read as.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Read {
    Missing,
    /// A number with a decimal point.
    Number(f64),
    Word,
}

/// What was seen of a column's cells.
pub(super) struct Seen {
    set: Option<ColumnKind>,
    date_format: Option<&'static str>,
    na_values: Arc<[String]>,
    rows: usize,
    missing: usize,
    /// Cells that are numbers with a decimal point, and with a comma.
    numbers: [usize; 2],
    /// The first cell that is no number with a decimal point, and its line.
    no_number: Option<(String, u64)>,
    booleans: usize,
    zeros_and_ones: usize,
    /// The formats that all cells so far have.
    dates: Vec<&'static str>,
    whole: bool,
    /// Whether each number is the one before plus 1.
    counting: bool,
    last: Option<f64>,
    /// Hashes of different cells.
    distinct: HashSet<u64>,
    /// Cells that were compared with those before, up to [`MOST_COMPARED`], or the second value.
    compared: usize,
    words: usize,
    /// The first words for false and true.
    booleans_seen: [Option<String>; 2],
    /// Whether a number has a point or a comma: it is another number with the other decimal sign.
    signs: bool,
    /// Whether all cells are digits, and one of at least three begins with a zero: `01234`.
    digits: bool,
    zero_in_front: bool,
    /// Whether the first two characters of all cells are the same: `01` of the first days of months.
    same_start: bool,
    start: Option<[u8; 2]>,
}

/// Limit of the cells of which the different ones are counted.
const MOST_COMPARED: usize = 50_000;
/// Columns with fewer rows are no identifiers: a few words or numbers may differ by chance.
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
        // A column with cells that are no numbers either way need not be tried further.
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

    /// Returns whether cells may be read as numbers with decimal points, as far as the kind was set.
    pub fn may_be_numbers(&self) -> bool {
        matches!(self.set, None | Some(ColumnKind::Number | ColumnKind::Boolean))
    }

    /// Returns whether all cells so far are dates, or numbers with a decimal comma.
    pub fn may_be_dates_or_commas(&self) -> bool {
        !self.dates.is_empty() || self.numbers[Decimal::Comma as usize] + self.missing == self.rows
    }

    /// Returns the words for false and true of a column of booleans, where they are not 0 and 1.
    pub fn booleans(&self) -> Option<[String; 2]> {
        let [no, yes] = self.booleans_seen.clone();
        Some([no?, yes?])
    }

    /// Returns a user's own texts for missing values.
    pub fn na_values(&self) -> Arc<[String]> {
        Arc::clone(&self.na_values)
    }

    /// Returns whether a number has a point or a comma.
    pub fn has_signs(&self) -> bool {
        self.signs
    }

    fn known(&self) -> usize {
        self.rows - self.missing
    }

    /// Returns whether all cells are numbers with this sign.
    fn is_number(&self, decimal: Decimal) -> bool {
        self.known() > 0 && self.numbers[decimal as usize] == self.known()
    }

    /// Returns the decimal sign of a file.
    pub fn decimal<'a>(columns: impl Iterator<Item = &'a Self> + Clone) -> Decimal {
        let comma = columns
            .clone()
            .any(|column| column.is_number(Decimal::Comma) && !column.is_number(Decimal::Point));
        let mut columns = columns;
        let point =
            columns.any(|column| column.is_number(Decimal::Point) && !column.is_number(Decimal::Comma));
        if comma && !point { Decimal::Comma } else { Decimal::Point }
    }

    /// Returns the kind of the column, why, and how its cells are read.
    pub fn kind(&self, name: &str, decimal: Decimal) -> (ColumnKind, String, Format) {
        let (kind, reason, format) = match self.set {
            Some(kind) => (kind, "as you said".into(), self.format_of(kind)),
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
            let unsure = others.map(|other| format!(", unless they are {other}")).collect::<String>();
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
            _ if is_code && self.is_number(decimal) => ", digits with zeros in front".into(),
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

    /// Returns the first format that all cells have. Of two orders of day and month, it is the one with which not all dates
    /// are in one month.
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
            // With decimal commas, numbers were not compared.
            () if all_differ && self.whole && self.counting && self.is_number(Decimal::Point) => {
                (ColumnKind::Identifier, "counts the rows".into())
            }
            () if all_differ && self.whole && named => {
                (ColumnKind::Identifier, "a different number in each row, and its name".into())
            }
            () => (ColumnKind::Number, format!("numbers, {count} different values")),
        };
        (kind, reason, Format::Number)
    }
}
