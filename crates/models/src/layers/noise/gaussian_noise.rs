//! Gaussian noise: adds random numbers in training.

use burn::{module::Module, tensor::Tensor};
use kindling_data::random::normal;
use rand::rngs::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{
    super::{BoxedLayer, Layer, LayerModule},
    drawn,
};
use crate::{Init, ModelError, Pass, Value, values::map_tensor};

/// A layer that adds normally distributed numbers with mean 0 in training. Returns its input in inference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GaussianNoise {
    /// Standard deviation of the noise, from 0 to 1.
    pub stddev: f64,
}

impl GaussianNoise {
    /// Creates a layer that adds noise with this standard deviation.
    pub fn new(stddev: f64) -> Self {
        Self { stddev }
    }
}

#[typetag::serde]
impl Layer for GaussianNoise {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        match (0.0..=1.0).contains(&self.stddev) {
            true => Ok(input.to_vec()),
            false => Err(format!("stddev is {}: give a number from 0 to 1", self.stddev)),
        }
    }

    fn build(&self, _input: &[usize], _init: &mut Init) -> Result<BoxedLayer, ModelError> {
        Ok(GaussianNoiseModule { stddev: self.stddev }.into())
    }
}

#[derive(Module, Debug)]
struct GaussianNoiseModule {
    stddev: f64,
}

impl LayerModule for GaussianNoiseModule {
    fn forward(&self, input: Value, pass: &Pass) -> Result<Value, ModelError> {
        Ok(match pass.random().filter(|_| self.stddev > 0.0) {
            Some(mut random) => map_tensor!(input.numbers(), x => self.noisy(&mut random, x)),
            None => input,
        })
    }
}

impl GaussianNoiseModule {
    fn noisy<const D: usize>(&self, random: &mut ChaCha8Rng, x: Tensor<D>) -> Tensor<D> {
        let noise = drawn(&x, || (self.stddev * normal(random)) as f32);
        x + noise
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    fn noise(pass: &Pass) -> Vec<f32> {
        let zeros = Value::Rank2(Tensor::zeros([100, 100], &Device::flex()));
        let noisy = GaussianNoiseModule { stddev: 0.5 }.forward(zeros, pass).unwrap();
        noisy.flatten().into_data().try_into_vec().unwrap()
    }

    #[test]
    fn noise_with_the_given_deviation_is_added_in_training_only() {
        let values = noise(&Pass::training(1, 5));
        let mean = values.iter().sum::<f32>() / 1e4;
        let deviation = (values.iter().map(|value| value * value).sum::<f32>() / 1e4).sqrt();
        assert!(mean.abs() < 0.02 && (deviation - 0.5).abs() < 0.02, "{mean} {deviation}");
        assert_ne!(values, noise(&Pass::training(1, 6)));
        assert!(noise(&Pass::inference()).iter().all(|value| *value == 0.0));
    }

    #[test]
    fn a_deviation_out_of_range_is_rejected() {
        let check = |stddev| GaussianNoise::new(stddev).output_shape(&[4]);
        assert!(check(0.0).is_ok() && check(1.0).is_ok());
        assert!([1.1, -0.1, f64::NAN].into_iter().all(|stddev| check(stddev).is_err()));
    }
}
