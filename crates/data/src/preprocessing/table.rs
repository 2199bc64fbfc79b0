//! Helpers for preprocessing steps that are fitted to floats `[samples, features]`.

use burn::tensor::TensorData;

use crate::error::DataError;

/// Returns the values, flattened row by row, and the number of features, which is at least 1.
fn values(samples: &TensorData) -> Result<(Vec<f64>, usize), DataError> {
    let shape = samples.shape().as_slice();
    match *shape {
        [_, features] if features > 0 && samples.dtype().is_float() => {
            let values = samples.clone().convert::<f64>().try_into_vec::<f64>();
            let wrong_type = |error| DataError::argument("the samples", error, "give f32 or f64 values");
            Ok((values.map_err(wrong_type)?, features))
        }
        _ => Err(DataError::argument(
            "the samples' type and shape",
            format!("{:?} {shape:?}", samples.dtype()),
            "give floats of shape [samples, features]",
        )),
    }
}

/// Like [`values`], but requires at least one sample.
fn values_to_fit(samples: &TensorData) -> Result<(Vec<f64>, usize), DataError> {
    let (values, features) = values(samples)?;
    if values.is_empty() {
        let shape = format!("{:?}", samples.shape().as_slice());
        return Err(DataError::argument("the samples' shape", shape, "give at least one sample"));
    }
    Ok((values, features))
}

/// Like [`values_to_fit`], but requires that all values are finite.
pub(super) fn finite_values(samples: &TensorData) -> Result<(Vec<f64>, usize), DataError> {
    let (values, features) = values_to_fit(samples)?;
    match find_non_finite(&values, features) {
        None => Ok((values, features)),
        Some(found) => Err(DataError::argument("a feature", found, "replace NaN and infinite values first")),
    }
}

/// Like [`values_to_fit`], but requires that no value is infinite and no feature consists of NaN only.
pub(super) fn known_values(samples: &TensorData) -> Result<(Vec<f64>, usize), DataError> {
    let (values, features) = values_to_fit(samples)?;
    if let Some(found) = find(&values, features, f64::is_infinite) {
        return Err(DataError::argument("a feature", found, "replace infinite values first"));
    }
    match (0..features).find(|feature| known(&values, features, *feature).next().is_none()) {
        None => Ok((values, features)),
        Some(feature) => Err(DataError::argument(
            "a feature",
            format!("missing in every sample (column {feature})"),
            "remove the feature",
        )),
    }
}

/// Returns the values of one feature that are not NaN.
pub(super) fn known(values: &[f64], features: usize, feature: usize) -> impl Iterator<Item = f64> {
    values.iter().skip(feature).step_by(features).copied().filter(|value| !value.is_nan())
}

/// Returns the quantile at `share`, from 0 to 1, interpolated linearly as in NumPy. Reorders the values, but does not sort
/// all of them, which would take longer.
pub(super) fn quantile(values: &mut [f64], share: f64) -> f64 {
    let place = share * (values.len() - 1) as f64;
    let (_, below, larger) = values.select_nth_unstable_by(place.floor() as usize, f64::total_cmp);
    let above =
        if place.fract() > 0.0 { larger.iter().copied().fold(f64::INFINITY, f64::min) } else { *below };
    let below = *below;
    below + (above - below) * place.fract()
}

/// Applies `change` to each value, given the fitted parameters of its feature. The type and shape do not change.
pub(super) fn map_values<T>(
    samples: &TensorData,
    step: &str,
    fitted: &[T],
    change: impl Fn(f64, &T) -> f64,
) -> Result<TensorData, DataError> {
    let (mut values, features) = values(samples)?;
    if features != fitted.len() {
        let remedy = format!("{step} was fitted to {}", fitted.len());
        return Err(DataError::argument("the number of features", features, remedy));
    }
    for row in values.chunks_exact_mut(features) {
        row.iter_mut().zip(fitted).for_each(|(value, fitted)| *value = change(*value, fitted));
    }
    Ok(TensorData::new(values, samples.shape().clone()).convert_dtype(samples.dtype()))
}

/// Describes the first value that is NaN or infinite.
pub(crate) fn find_non_finite(values: &[f64], columns: usize) -> Option<String> {
    find(values, columns, |value| !value.is_finite())
}

/// Describes the first value that is NaN or infinite when converted to `f32`.
pub(crate) fn find_non_finite_f32(values: &[f64], columns: usize) -> Option<String> {
    find(values, columns, |value| !(value as f32).is_finite())
}

fn find(values: &[f64], columns: usize, wrong: impl Fn(f64) -> bool) -> Option<String> {
    let place = values.iter().position(|value| wrong(*value))?;
    Some(format!("{:?} in row {}, column {}", values[place], place / columns, place % columns))
}
