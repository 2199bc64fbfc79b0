//! Random removal of values.

use burn::tensor::{DType, TensorData};
use rand::RngExt;

use crate::{
    error::DataError,
    random::{Purpose, generator},
};

/// Returns floats `[samples, ...]` in which each value is replaced by NaN, a missing value, with probability `rate`.
///
/// The dropped values depend only on the seed and the position of the sample. A value that is dropped at one rate is also
/// dropped at every higher rate. For samples: `samples.map_input(|input| drop_values(&input, rate, seed))`.
///
/// # Errors
/// [`DataError::Argument`] if the values are not floats with a samples axis, or `rate` is not in `0.0..1.0`.
pub fn drop_values(samples: &TensorData, rate: f64, seed: u64) -> Result<TensorData, DataError> {
    if !(0.0..1.0).contains(&rate) {
        return Err(DataError::argument("rate", rate, "give a probability of at least 0 and below 1"));
    }
    let shape = samples.shape().as_slice();
    if shape.is_empty() || !matches!(samples.dtype(), DType::F32 | DType::F64) {
        let found = format!("{:?} {shape:?}", samples.dtype());
        return Err(DataError::argument(
            "the samples' type and shape",
            found,
            "give floats of shape [samples, ...]",
        ));
    }
    let width: usize = shape[1..].iter().product();
    let mut values: Vec<f64> = samples.iter::<f64>().collect();
    for (sample, row) in values.chunks_mut(width.max(1)).enumerate() {
        let mut random = generator(seed, Purpose::Missing, sample as u64);
        for value in row {
            if random.random::<f64>() < rate {
                *value = f64::NAN;
            }
        }
    }
    Ok(TensorData::new(values, samples.shape().clone()).convert_dtype(samples.dtype()))
}
