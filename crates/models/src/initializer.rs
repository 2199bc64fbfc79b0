//! Initial values of weights.

use kindling_data::random::{self, Purpose};

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
}
