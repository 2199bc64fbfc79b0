//! Numbers that may stand for missing values.

use kindling::tables::{ColumnKind, Table, TableColumn};

/// The share of the rows from which on a number may stand for missing values.
const FREQUENT: f64 = 0.02;

/// Returns a note for each column of numbers whose smallest or largest one is frequent and further from the others than
/// these are from one another, such as -999 among temperatures.
pub fn notes(rows: &Table) -> Vec<String> {
    let numbers = rows.columns().filter(|column| column.kind() == ColumnKind::Number);
    let note = |column: TableColumn| {
        let mut values: Vec<f64> = column.numbers()?.filter(|value| !value.is_nan()).collect();
        values.sort_by(f64::total_cmp);
        let (number, count) = apart(&values)?;
        Some(format!(
            "column {}: {number} is in {count} of {} rows and far from all other numbers: if it means that a value is missing, \
             use --missing {number}",
            column.name(),
            rows.len()
        ))
    };
    numbers.filter_map(note).collect()
}

/// Returns the smallest or largest of sorted numbers, if it is frequent and apart, and how often it occurs.
fn apart(sorted: &[f64]) -> Option<(f64, usize)> {
    let (low, high) = (*sorted.first()?, *sorted.last()?);
    let lows = sorted.partition_point(|value| *value == low);
    let highs = sorted.len() - sorted.partition_point(|value| *value < high);
    let is_frequent = |count: usize| count > 1 && count as f64 >= FREQUENT * sorted.len() as f64;
    // At least two others, or nothing is known of how far apart they are.
    let is_apart = |gap: f64, others: &[f64]| match others {
        [first, .., last] => first < last && gap > last - first,
        _ => false,
    };
    let (above, below) = (&sorted[lows..], &sorted[..sorted.len() - highs]);
    if is_frequent(lows) && above.first().is_some_and(|next| is_apart(next - low, above)) {
        return Some((low, lows));
    }
    let is_high = is_frequent(highs) && below.last().is_some_and(|next| is_apart(high - next, below));
    is_high.then_some((high, highs))
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
