//! Initial values of weights.

use kindling_data::random::{self, Purpose, generator, normal};

use burn::tensor::TensorData;

/// Keras' `glorot_uniform` for a kernel `[inputs, outputs]`: uniform within `±sqrt(6 / (inputs + outputs))`.
///
/// Drawn on the host, so that a seed gives the same weights on every backend; `layer` tells layers of one network
/// apart. Source: Glorot and Bengio, 2010.
pub(crate) fn glorot_uniform(inputs: usize, outputs: usize, seed: u64, layer: usize) -> TensorData {
    let limit = (6.0 / (inputs + outputs) as f64).sqrt() as f32;
    TensorData::new(uniform(inputs * outputs, limit, seed, layer), [inputs, outputs])
}

/// So many values, uniform within `±limit`.
pub(crate) fn uniform(count: usize, limit: f32, seed: u64, layer: usize) -> Vec<f32> {
    random::uniform(count, limit, seed, Purpose::Weights, layer as u64)
}

/// Added to a layer's place for its recurrent kernel, whose numbers are other ones than its kernel's.
const RECURRENT: u64 = 1 << 32;

/// Keras' `orthogonal` for a kernel `[rows, columns]` with no more rows than columns: rows of length 1, each at right
/// angles to all others. Drawn on the host, as [`glorot_uniform`]. Source: Saxe et al., 2013.
pub(crate) fn orthogonal(rows: usize, columns: usize, seed: u64, layer: usize) -> TensorData {
    let mut generator = generator(seed, Purpose::Weights, RECURRENT | layer as u64);
    let mut kernel: Vec<Vec<f64>> = Vec::with_capacity(rows);
    for _ in 0..rows {
        // Normal numbers point in every direction alike. What they share with an earlier row is taken out of them.
        let mut row: Vec<f64> = (0..columns).map(|_| normal(&mut generator)).collect();
        for earlier in &kernel {
            let shared: f64 = row.iter().zip(earlier).map(|(a, b)| a * b).sum();
            row.iter_mut().zip(earlier).for_each(|(a, b)| *a -= shared * b);
        }
        let length = row.iter().map(|value| value * value).sum::<f64>().sqrt();
        row.iter_mut().for_each(|value| *value /= length);
        kernel.push(row);
    }
    let values: Vec<f32> = kernel.concat().into_iter().map(|value| value as f32).collect();
    TensorData::new(values, [rows, columns])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fill_the_range_of_glorot_and_repeat_with_the_seed() {
        let limit = (6.0_f32 / 300.0).sqrt();
        let drawn = glorot_uniform(200, 100, 3, 0);
        let values = drawn.as_slice::<f32>().unwrap();
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let variance = values.iter().map(|value| value * value).sum::<f32>() / values.len() as f32;
        assert!(values.iter().all(|value| value.abs() <= limit));
        assert!(mean.abs() < limit * 0.02, "{mean}");
        assert!((variance / (limit * limit / 3.0) - 1.0).abs() < 0.03, "{variance}");
        assert_eq!(drawn, glorot_uniform(200, 100, 3, 0));
        assert_ne!(drawn, glorot_uniform(200, 100, 3, 1));
        assert_ne!(drawn, glorot_uniform(200, 100, 4, 0));
    }

    #[test]
    fn rows_of_an_orthogonal_kernel_are_of_length_one_and_at_right_angles() {
        let drawn = orthogonal(16, 64, 3, 0);
        let rows: Vec<&[f32]> = drawn.as_slice::<f32>().unwrap().chunks(64).collect();
        for (i, one) in rows.iter().enumerate() {
            for (j, other) in rows.iter().enumerate() {
                let product: f32 = one.iter().zip(*other).map(|(a, b)| a * b).sum();
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((product - expected).abs() < 1e-5, "rows {i} and {j}: {product}");
            }
        }
        assert_eq!(drawn, orthogonal(16, 64, 3, 0));
        assert_ne!(drawn, orthogonal(16, 64, 3, 1));
        assert_ne!(drawn, orthogonal(16, 64, 4, 0));
    }
}
