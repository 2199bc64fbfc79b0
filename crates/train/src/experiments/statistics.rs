//! Means, deviations and confidence intervals over runs.

use crate::History;

/// Returns the mean, or NaN if there are no values.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Returns the population standard deviation (divided by `n`), like NumPy's `std`.
pub fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

/// Returns the mean, and half the width of its 95% confidence interval by Student's t-distribution. Requires at least
/// two values.
///
/// ```
/// let (mean, half) = kindling_train::experiments::statistics::confidence_interval(&[1.0, 2.0, 3.0]);
/// assert_eq!(mean, 2.0);
/// assert!((half - 4.303 / 3.0_f64.sqrt()).abs() < 1e-12);
/// ```
pub fn confidence_interval(values: &[f64]) -> (f64, f64) {
    // The 97.5% quantiles for 1 to 30 degrees of freedom.
    const QUANTILES: [f64; 30] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145,
        2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048,
        2.045, 2.042,
    ];
    let quantile =
        values.len().checked_sub(2).and_then(|place| QUANTILES.get(place)).copied().unwrap_or(1.96);
    (mean(values), quantile * standard_error(values))
}

/// Returns the standard error of the mean.
pub fn standard_error(values: &[f64]) -> f64 {
    deviation(values) / (values.len() as f64 - 1.0).sqrt()
}

/// Returns the exponential moving average of a curve, the book's `smooth_curve`: each point becomes `factor` times
/// the previous smoothed point plus `1 - factor` times itself.
pub fn exponential_moving_average(points: &[f64], factor: f64) -> Vec<f64> {
    let smooth = |last: &mut Option<f64>, point: &f64| {
        let smoothed = last.map_or(*point, |last| last * factor + point * (1.0 - factor));
        *last = Some(smoothed);
        *last
    };
    points.iter().scan(None, smooth).collect()
}

/// Applies `summary` to a metric over the histories, for each epoch. The length of the result is that of the shortest
/// history.
pub(crate) fn over_histories<'a>(
    histories: impl Iterator<Item = &'a History>,
    figure: &str,
    summary: fn(&[f64]) -> f64,
) -> Vec<f64> {
    let curves: Vec<&[f64]> = histories.map(|history| history.get(figure)).collect();
    let epochs = curves.iter().map(|curve| curve.len()).min().unwrap_or(0);
    (0..epochs).map(|epoch| summary(&curves.iter().map(|curve| curve[epoch]).collect::<Vec<_>>())).collect()
}
