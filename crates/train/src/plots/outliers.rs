//! Selection of the values that an axis shows if there are outliers.

/// Number of interquartile ranges beyond the quartiles from which a value is an outlier.
const FENCE: f64 = 20.0;
/// The fraction of the axis below which the other values count as flattened.
const FLATTENED: f64 = 1.0 / 16.0;

/// Returns the values without the outliers that would flatten the others on a common axis, such as a loss of 1e6 among losses
/// below 1. Usually, these are all values. `values` must be finite.
pub(super) fn without_outliers(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let quarter = sorted.len().div_ceil(4);
    if sorted.len() < 4 {
        return sorted;
    }
    let (lower, upper) = (sorted[quarter], sorted[sorted.len() - 1 - quarter]);
    let margin = FENCE * (upper - lower);
    let shown = sorted.iter().copied().filter(|value| (lower - margin..=upper + margin).contains(value));
    let shown: Vec<f64> = shown.collect();
    let length = |sorted: &[f64]| sorted[sorted.len() - 1] - sorted[0];
    if margin > 0.0 && length(&shown) < FLATTENED * length(&sorted) { shown } else { sorted }
}

/// Formats three digits of a value.
pub(super) fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        0.1..1000.0 => format!("{value:.1}"),
        1000.0..1e6 => format!("{value:.0}"),
        _ => format!("{value:.0e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(values: &[f64]) -> usize {
        without_outliers(values.iter().copied()).len()
    }

    #[test]
    fn exploded_values_are_left_out() {
        let mut losses: Vec<f64> = (0..40).map(|epoch| 0.3 + 0.01 * f64::from(epoch % 7)).collect();
        losses[20] = 1e6;
        losses[30] = -50.0;
        assert_eq!(shown(&losses), 38);
    }

    #[test]
    fn usual_curves_are_shown_whole() {
        let falling: Vec<f64> = (0..20).map(|epoch| 2.3 * f64::exp(-f64::from(epoch)) + 0.3).collect();
        assert_eq!(shown(&falling), 20);
        assert_eq!(shown(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]), 8, "equal values cannot be flattened");
        assert_eq!(shown(&[0.1, 1e6]), 2);
        assert_eq!(shown(&[]), 0);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [0.0, 12.345, 123456.7, 1.23e9, -0.001].map(short),
            ["0", "12.3", "123457", "1e9", "-1e-3"]
        );
    }
}
