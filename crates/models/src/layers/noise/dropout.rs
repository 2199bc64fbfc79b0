//! Dropout: sets a random fraction of the values to zero in training.

use std::sync::Arc;

use burn::{
    module::Module,
    tensor::{DType, Tensor, TensorData},
};
use kindling_ops::{Given, apply, can_apply, kernels};
use rand::{Rng, rngs::ChaCha8Rng};
use serde::{Deserialize, Serialize};

use super::super::{BoxedLayer, KernelCall, Layer, LayerKernel, LayerModule};
use crate::{Init, ModelError, Pass, Value, values::map_tensor};

/// A layer that sets each value to zero with probability `rate` in training and scales the others by `1 / (1 -
/// rate)`, as in Keras. Returns its input in inference. Source: Srivastava et al., 2014.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dropout {
    /// Probability that a value is dropped, at least 0 and below 1.
    pub rate: f64,
}

impl Dropout {
    /// Creates a layer that drops this fraction of the values.
    pub fn new(rate: f64) -> Self {
        Self { rate }
    }
}

#[typetag::serde]
impl Layer for Dropout {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        match (0.0..1.0).contains(&self.rate) {
            true => Ok(input.to_vec()),
            false => Err(format!("rate is {}: give a number of at least 0 and below 1", self.rate)),
        }
    }

    fn build(&self, _input: &[usize], _init: &mut Init) -> Result<BoxedLayer, ModelError> {
        Ok(DropoutModule { rate: self.rate }.into())
    }
}

/// The module of a [`Dropout`] layer.
#[derive(Module, Debug)]
pub struct DropoutModule {
    rate: f64,
}

impl LayerModule for DropoutModule {
    fn forward(&self, input: Value, pass: &Pass) -> Result<Value, ModelError> {
        Ok(match pass.random().filter(|_| self.rate > 0.0) {
            Some(mut random) => {
                map_tensor!(input.numbers(), x => self.dropped(&mut random, x))
            }
            None => input,
        })
    }

    fn kernel(&self, call: KernelCall) -> Option<LayerKernel> {
        if !call.is_linear() {
            return None;
        }
        let Some(mut random) = call.pass.random().filter(|_| self.rate > 0.0) else {
            return Some(LayerKernel::default());
        };
        let len = call.input.iter().product();
        let kept = Kept::draw(self.rate, call.batch * len, &mut random);
        Some(LayerKernel::new(kernels::Dropout { len, kept: kept.0, scale: self.scale() }, []))
    }
}

impl DropoutModule {
    /// Returns the factor of the values that are kept.
    fn scale(&self) -> f32 {
        (1.0 / (1.0 - self.rate)) as f32
    }

    /// Multiplies by 0 where a value is dropped and by `1 / (1 - rate)` where it is kept.
    fn dropped<const D: usize>(&self, random: &mut ChaCha8Rng, x: Tensor<D>) -> Tensor<D> {
        let count = x.shape().num_elements();
        let kept = Kept::draw(self.rate, count, random);
        let scale = self.scale();
        if can_apply(&x.device()) && x.dtype() == DType::F32 {
            let batch = x.dims()[0];
            let kernel = kernels::Dropout { len: count / batch.max(1), kept: kept.0, scale };
            let shape = x.dims();
            return apply(Arc::new(kernel), Given::Dense(Box::new(x.into())), Vec::new(), shape);
        }
        let factors: Vec<f32> = (0..count).map(|place| if kept.has(place) { scale } else { 0.0 }).collect();
        x.clone() * Tensor::from_data(TensorData::new(factors, x.dims()), &x.device())
    }
}

/// A mask with one bit for each value of a batch: 1 if the value is kept.
struct Kept(Vec<u64>);

impl Kept {
    /// Draws a mask. Each value is dropped with probability `rate`, rounded to a multiple of 2^-32.
    fn draw(rate: f64, count: usize, random: &mut ChaCha8Rng) -> Self {
        let dropped_below = (rate * 2_f64.powi(32)).round() as u64;
        let bit = |place: usize, draw: u32| u64::from(u64::from(draw) >= dropped_below) << place;
        let mut words = vec![0; count.div_ceil(64)];
        // Each of the 64 bits of a draw applies to one value.
        if rate == 0.5 {
            words.iter_mut().for_each(|word| *word = random.next_u64());
            return Self(words);
        }
        let mut draws = [0_u8; 64 * 4];
        for word in &mut words {
            random.fill_bytes(&mut draws);
            let (draws, _) = draws.as_chunks::<4>();
            *word = draws.iter().enumerate().map(|(place, draw)| bit(place, u32::from_le_bytes(*draw))).sum();
        }
        Self(words)
    }

    fn has(&self, place: usize) -> bool {
        self.0[place / 64] >> (place % 64) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    fn drop_ones(rate: f64, pass: &Pass) -> Vec<f32> {
        let ones = Value::Rank2(Tensor::ones([100, 100], &Device::flex()));
        let dropped = DropoutModule { rate }.forward(ones, pass).unwrap();
        dropped.flatten().into_data().try_into_vec().unwrap()
    }

    #[test]
    fn training_drops_the_given_fraction_and_keeps_the_mean() {
        let values = drop_ones(0.4, &Pass::training(1, 5));
        let dropped = values.iter().filter(|value| **value == 0.0).count() as f32 / 1e4;
        assert!((dropped - 0.4).abs() < 0.02, "{dropped}");
        assert!(values.iter().all(|value| *value == 0.0 || (*value - 1.0 / 0.6).abs() < 1e-6));
        assert_eq!(values, drop_ones(0.4, &Pass::training(1, 5)));
        assert_ne!(values, drop_ones(0.4, &Pass::training(1, 6)));
    }

    #[test]
    fn two_calls_in_one_step_drop_different_values() {
        let pass = Pass::training(1, 5);
        let (first, second) = (drop_ones(0.4, &pass), drop_ones(0.4, &pass));
        assert_ne!(first, second);
        assert_eq!(first, drop_ones(0.4, &Pass::training(1, 5)));
    }

    #[test]
    fn inference_drops_nothing() {
        assert!(drop_ones(0.4, &Pass::inference()).iter().all(|value| *value == 1.0));
    }

    #[test]
    fn a_rate_out_of_range_is_rejected() {
        let check = |rate| Dropout::new(rate).output_shape(&[4]);
        assert!(check(0.0).is_ok() && check(0.99).is_ok());
        assert!([1.0, -0.1, f64::NAN].into_iter().all(|rate| check(rate).is_err()));
    }
}
