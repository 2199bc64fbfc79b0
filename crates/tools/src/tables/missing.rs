//! Detects sentinel values, such as -999, that may stand for missing values.

use kindling::tables::{ColumnKind, Table, TableColumn};

/// Minimum fraction of rows with the same number for it to be reported.
const FREQUENT: f64 = 0.02;

/// Returns a note for each numeric column whose minimum or maximum is frequent and farther from the other values than their
/// range, such as -999 among temperatures.
pub fn notes(rows: &Table) -> Vec<String> {
    let numbers = rows.columns().filter(|column| column.kind() == ColumnKind::Number);
    let note = |column: TableColumn| {
        let values: Vec<f64> = column.numbers()?.filter(|value| !value.is_nan()).collect();
        let (number, count) = apart(&values)?;
        Some(format!(
            "column {}: {number} occurs in {count} of {} rows and is far from all other values: if it marks missing values, \
             use --missing {number}",
            column.name(),
            rows.len()
        ))
    };
    numbers.filter_map(note).collect()
}

/// Returns the minimum or maximum and its count, if it is frequent and far from all other values.
fn apart(values: &[f64]) -> Option<(f64, usize)> {
    let (low, high) = range(values.iter())?;
    [low, high].into_iter().find_map(|number| {
        let others = || values.iter().filter(|value| **value != number);
        let count = values.len() - others().count();
        let (least, most) = range(others())?;
        let gap = if number == low { least - number } else { number - most };
        let is_frequent = count > 1 && count as f64 >= FREQUENT * values.len() as f64;
        // The range of a single other value is 0, which says nothing about typical distances.
        (is_frequent && least < most && gap > most - least).then_some((number, count))
    })
}

fn range<'a>(values: impl Iterator<Item = &'a f64>) -> Option<(f64, f64)> {
    values.fold(None, |range, value| {
        let (low, high) = range.unwrap_or((*value, *value));
        Some((value.min(low), value.max(high)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_numbers_far_from_all_others() {
        let mut low: Vec<f64> = (0..98).map(|value| f64::from(value % 30)).chain([-999.0; 2]).collect();
        low.sort_by(f64::total_cmp);
        assert_eq!(apart(&low), Some((-999.0, 2)));
        assert_eq!(apart(&low[1..]), None, "once");
        assert_eq!(apart(&[1.0, 2.0, 3.0, 9999.0, 9999.0]), Some((9999.0, 2)));
        for even in [&[][..], &[1.0, 1.0], &[0.0, 0.0, 1.0], &[0.0, 0.0, 5.0, 10.0], &[0.0, 0.0, 20.0, 20.0]]
        {
            assert_eq!(apart(even), None, "{even:?}");
        }
    }
}
