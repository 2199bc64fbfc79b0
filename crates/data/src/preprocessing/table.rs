//! Tables of floats, `[samples, features]`: the helpers of the steps that are fitted to them.

use burn::tensor::TensorData;

use crate::error::DataError;

/// Returns the values, row after row, and the number of features, which is at least 1.
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

/// As [`values`], for at least one sample.
fn values_to_fit(samples: &TensorData) -> Result<(Vec<f64>, usize), DataError> {
    let (values, features) = values(samples)?;
    if values.is_empty() {
        let shape = format!("{:?}", samples.shape().as_slice());
        return Err(DataError::argument("the samples' shape", shape, "give at least one"));
    }
    Ok((values, features))
}

/// As [`values_to_fit`], if all values are finite.
pub(super) fn finite_values(samples: &TensorData) -> Result<(Vec<f64>, usize), DataError> {
    let (values, features) = values_to_fit(samples)?;
    match find_non_finite(&values, features) {
        None => Ok((values, features)),
        Some(found) => Err(DataError::argument("a feature", found, "repair the data")),
    }
}

/// As [`values_to_fit`], if no value is infinite and each feature has at least one value that is not NaN.
pub(super) fn known_values(samples: &TensorData) -> Result<(Vec<f64>, usize), DataError> {
    let (values, features) = values_to_fit(samples)?;
    if let Some(found) = find(&values, features, f64::is_infinite) {
        return Err(DataError::argument("a feature", found, "repair the data"));
    }
    match (0..features).find(|feature| known(&values, features, *feature).next().is_none()) {
        None => Ok((values, features)),
        Some(feature) => Err(DataError::argument(
            "a feature",
            format!("missing in every sample (column {feature})"),
            "leave that feature out",
        )),
    }
}

/// Returns the values of one feature that are not NaN.
pub(super) fn known(values: &[f64], features: usize, feature: usize) -> impl Iterator<Item = f64> {
    values.iter().skip(feature).step_by(features).copied().filter(|value| !value.is_nan())
}

/// Returns the value below which a share of values lies, interpolated linearly as in NumPy. The order of the values is
/// changed; sorting all of them would take longer.
pub(super) fn quantile(values: &mut [f64], share: f64) -> f64 {
    let place = share * (values.len() - 1) as f64;
    let (_, below, larger) = values.select_nth_unstable_by(place.floor() as usize, f64::total_cmp);
    let above =
        if place.fract() > 0.0 { larger.iter().copied().fold(f64::INFINITY, f64::min) } else { *below };
    let below = *below;
    below + (above - below) * place.fract()
}

/// Returns the samples in their own type and shape, each value changed by the parameters of its feature.
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

/// Describes the first value that is NaN or infinite, or would be as `f32`.
pub(crate) fn find_non_finite_f32(values: &[f64], columns: usize) -> Option<String> {
    find(values, columns, |value| !(value as f32).is_finite())
}

fn find(values: &[f64], columns: usize, wrong: impl Fn(f64) -> bool) -> Option<String> {
    let place = values.iter().position(|value| wrong(*value))?;
    Some(format!("{:?} in row {}, column {}", values[place], place / columns, place % columns))
}
