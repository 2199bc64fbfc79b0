//! Parsing of table cells.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// Cells that represent a missing value, in lowercase: the defaults of pandas' `read_csv`, `?` as in UCI data sets, and a few
/// more.
const MISSING: [&str; 17] = [
    "", "na", "n/a", "#n/a", "#n/a n/a", "#na", "<na>", "nan", "-nan", "null", "none", "nil", "?", "-", "--",
    ".", "missing",
];

/// Returns a cell without surrounding whitespace.
pub(super) fn trimmed(cell: &str) -> &str {
    // Fast path: most cells have no surrounding whitespace.
    match cell.as_bytes() {
        [] => cell,
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => cell,
        _ => cell.trim(),
    }
}

/// Returns `true` if a cell represents a missing value: one of [`MISSING`] or `na_values`.
pub(super) fn is_missing(cell: &str, na_values: &[String]) -> bool {
    let cell = trimmed(cell);
    if na_values.iter().any(|missing| missing == cell) {
        return true;
    }
    // Fast path for numbers.
    if cell.starts_with(|first: char| first.is_ascii_digit()) {
        return false;
    }
    cell.len() <= 8 && MISSING.iter().any(|missing| cell.eq_ignore_ascii_case(missing))
}

/// The decimal separator of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decimal {
    /// A point: `1234.5`, or `1,234.5` with digit grouping.
    Point,
    /// A comma: `1234,5`, or `1.234,5` with digit grouping.
    Comma,
}

impl Decimal {
    /// Parses a number, which may have a sign, digit grouping, an exponent, a leading or trailing currency symbol, or a
    /// percent sign. Symbols are ignored: `$1,234.50` is 1234.5, and `12 %` is 12. Numbers too large for `f64` are infinite.
    pub(super) fn number(self, cell: &str) -> Option<f64> {
        let cell = trimmed(cell);
        if self == Self::Point
            && let Ok(number) = cell.parse::<f64>()
        {
            // `inf`, `infinity` and `nan` are words.
            return cell.bytes().any(|byte| byte.is_ascii_digit()).then_some(number);
        }
        let unit = |symbol: char| matches!(symbol, '$' | '€' | '£' | '¥' | '%' | ' ' | '\u{a0}');
        let (sign, cell) = match cell.strip_prefix('-') {
            Some(rest) => (-1.0, rest),
            None => (1.0, cell),
        };
        let plain = cell.trim_matches(unit);
        // Only digits and signs may remain after trimming the currency or percent symbol.
        if !plain.starts_with(|first: char| first.is_ascii_digit() || "+-.,".contains(first)) {
            return None;
        }
        let (group, point) = if self == Self::Point { (',', '.') } else { ('.', ',') };
        let mut digits = String::with_capacity(plain.len());
        let (whole, fraction) = match plain.split_once(point) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (plain, None),
        };
        if whole.contains(group) {
            let mut groups = whole.split(group);
            let first = groups.next().unwrap_or_default();
            let in_threes =
                groups.all(|group| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit()));
            if !in_threes || !(1..=3).contains(&first.trim_start_matches(['+', '-']).len()) {
                return None;
            }
        }
        digits.extend(whole.chars().filter(|digit| *digit != group));
        if let Some(fraction) = fraction {
            digits.push('.');
            digits.push_str(fraction);
        }
        let number =
            digits.parse::<f64>().ok().filter(|_| digits.bytes().any(|byte| byte.is_ascii_digit()))?;
        Some(sign * number)
    }
}

/// Parses `true`, `yes`, `y`, and `t`, and their opposites, ignoring case.
pub(super) fn boolean(cell: &str) -> Option<bool> {
    let cell = cell.trim();
    let is = |words: [&str; 4]| words.iter().any(|word| cell.eq_ignore_ascii_case(word));
    if is(["true", "yes", "y", "t"]) {
        return Some(true);
    }
    is(["false", "no", "n", "f"]).then_some(false)
}

/// The supported formats of dates, with and without a time, as in `strftime`. All cells of a column have the same format.
pub(super) const DATE_FORMATS: [&str; 11] = [
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
];

/// Parses a date in a format of [`DATE_FORMATS`] to seconds since 1970, ignoring the time zone.
pub(super) fn date(cell: &str, format: &str) -> Option<f64> {
    let cell = cell.trim();
    // chrono accepts numbers of any width, but years must have four digits.
    if !cell.starts_with(|digit: char| digit.is_ascii_digit()) || cell.len() < 8 {
        return None;
    }
    if format.contains("%H") {
        let zoned = || DateTime::parse_from_rfc3339(cell).ok().map(|time| time.naive_local());
        let parsed = NaiveDateTime::parse_from_str(cell, format).ok();
        let parsed = parsed.or_else(|| format.contains('T').then(zoned).flatten())?;
        return Some(parsed.and_utc().timestamp() as f64);
    }
    let date = NaiveDate::parse_from_str(cell, format).ok()?;
    Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp() as f64)
}

/// Formats seconds since 1970 in a format of [`DATE_FORMATS`].
pub(super) fn date_text(seconds: f64, format: &str) -> String {
    let time = DateTime::from_timestamp(seconds as i64, 0).unwrap_or_default();
    time.naive_utc().format(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_numbers_in_common_notations() {
        for (cell, point, comma) in [
            ("12", Some(12.0), Some(12.0)),
            (" -1.5e3 ", Some(-1500.0), None),
            ("1,5", None, Some(1.5)),
            ("1.5", Some(1.5), None),
            ("1,234", Some(1234.0), Some(1.234)),
            ("1,234,567.89", Some(1234567.89), None),
            ("1.234.567,89", None, Some(1234567.89)),
            ("1,23,456", None, None),
            ("$3", Some(3.0), Some(3.0)),
            ("-$1,234.50", Some(-1234.5), None),
            ("12 %", Some(12.0), Some(12.0)),
            ("3,50 €", None, Some(3.5)),
            (".5", Some(0.5), None),
            ("+7", Some(7.0), Some(7.0)),
            ("1e400", Some(f64::INFINITY), Some(f64::INFINITY)),
            ("inf", None, None),
            ("abc", None, None),
            ("1-2", None, None),
            ("$", None, None),
            ("-", None, None),
            ("", None, None),
            ("١", None, None),
        ] {
            assert_eq!(Decimal::Point.number(cell), point, "{cell:?}");
            assert_eq!(Decimal::Comma.number(cell), comma, "{cell:?}");
        }
    }

    #[test]
    fn parses_missing_values_and_booleans() {
        assert!(["", " ", "NA", "n/a", "NaN", "null", "?", "None"].iter().all(|cell| is_missing(cell, &[])));
        assert!(is_missing(" -999", &["-999".to_owned()]));
        assert!(!["0", "no", "na na", "-999"].iter().any(|cell| is_missing(cell, &[])));
        assert_eq!([boolean("Yes"), boolean(" f"), boolean("maybe")], [Some(true), Some(false), None]);
    }

    #[test]
    fn dates_are_seconds_since_1970() {
        assert_eq!(date("1970-01-02", "%Y-%m-%d"), Some(86_400.0));
        assert_eq!(date("02.01.1970", "%d.%m.%Y"), Some(86_400.0));
        assert_eq!(date("1970-01-01T00:01:00.5Z", "%Y-%m-%dT%H:%M:%S%.f"), Some(60.0));
        for format in DATE_FORMATS {
            assert_eq!(
                date(&date_text(86_460.0, format), format),
                Some(if format.contains("%H") { 86_460.0 } else { 86_400.0 })
            );
        }
        assert_eq!(date("2023-02-29", "%Y-%m-%d"), None);
        assert_eq!(date("12.5", "%d.%m.%Y"), None);
    }
}
