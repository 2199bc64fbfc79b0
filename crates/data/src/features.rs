//! Tables of floats, `[samples, features]`: what the steps that are fitted to them share.

use burn::tensor::TensorData;

use crate::DataError;

/// Values row after row, and how many there are in one: at least one.
pub(crate) fn values(samples: &TensorData) -> Result<(Vec<f64>, usize), DataError> {
    let shape = samples.shape().as_slice();
    match *shape {
        [_, features] if features > 0 && samples.dtype().is_float() => {
            let values = samples.clone().convert::<f64>().try_into_vec::<f64>();
            Ok((values.map_err(|error| argument("the samples", error, "give f32 or f64 values"))?, features))
        }
        _ => {
            let found = format!("{:?} {shape:?}", samples.dtype());
            Err(argument("the samples' type and shape", found, "give floats of shape [samples, features]"))
        }
    }
}

/// As [`values`], of at least one sample.
pub(crate) fn values_to_fit(samples: &TensorData) -> Result<(Vec<f64>, usize), DataError> {
    let (values, features) = values(samples)?;
    if values.is_empty() {
        let shape = format!("{:?}", samples.shape().as_slice());
        return Err(argument("the samples' shape", shape, "give at least one"));
    }
    Ok((values, features))
}

/// One feature's values, those that are not NaN.
pub(crate) fn known(values: &[f64], features: usize, feature: usize) -> impl Iterator<Item = f64> {
    values.iter().skip(feature).step_by(features).copied().filter(|value| !value.is_nan())
}

/// Names the first value that is NaN or infinite, if there is one.
pub(crate) fn check_finite(values: &[f64], columns: usize) -> Result<(), String> {
    find(values, columns, |value| !value.is_finite()).map_or(Ok(()), Err)
}

/// Sees to it that no value is infinite, and that each feature has values that are not NaN.
pub(crate) fn check_known(values: &[f64], features: usize) -> Result<(), DataError> {
    if let Some(found) = find(values, features, f64::is_infinite) {
        return Err(argument("a feature", found, "repair the data"));
    }
    match (0..features).find(|feature| known(values, features, *feature).next().is_none()) {
        None => Ok(()),
        Some(feature) => Err(argument(
            "a feature",
            format!("missing in every sample (column {feature})"),
            "leave that feature out",
        )),
    }
}

/// The samples in their own type and shape, each value changed by what `step` has fitted to its feature.
pub(crate) fn map_values<T>(
    samples: &TensorData,
    step: &str,
    fitted: &[T],
    change: impl Fn(f64, &T) -> f64,
) -> Result<TensorData, DataError> {
    let (mut values, features) = values(samples)?;
    if features != fitted.len() {
        let remedy = format!("{step} was fitted to {}", fitted.len());
        return Err(argument("the number of features", features, &remedy));
    }
    for row in values.chunks_exact_mut(features) {
        row.iter_mut().zip(fitted).for_each(|(value, fitted)| *value = change(*value, fitted));
    }
    Ok(TensorData::new(values, samples.shape().clone()).convert_dtype(samples.dtype()))
}

pub(crate) fn argument(name: &'static str, value: impl ToString, remedy: &str) -> DataError {
    DataError::Argument { name, value: value.to_string(), remedy: remedy.into() }
}

fn find(values: &[f64], columns: usize, wrong: impl Fn(f64) -> bool) -> Option<String> {
    let place = values.iter().position(|value| wrong(*value))?;
    Some(format!("{} in row {}, column {}", values[place], place / columns, place % columns))
}
