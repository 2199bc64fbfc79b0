//! Means and deviations over runs.

use crate::History;

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The standard deviation of the values themselves, not of a population behind them: NumPy's `std`.
pub(crate) fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

/// `summary` of a figure over the histories, one value per epoch; as long as the shortest history.
pub(crate) fn over_histories<'a>(
    histories: impl Iterator<Item = &'a History>,
    figure: &str,
    summary: fn(&[f64]) -> f64,
) -> Vec<f64> {
    let curves: Vec<&[f64]> = histories.map(|history| history.get(figure)).collect();
    let epochs = curves.iter().map(|curve| curve.len()).min().unwrap_or(0);
    (0..epochs).map(|epoch| summary(&curves.iter().map(|curve| curve[epoch]).collect::<Vec<_>>())).collect()
}
