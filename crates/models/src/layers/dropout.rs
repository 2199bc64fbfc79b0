//! Dropout: in training, a random share of the values is set to zero.

use burn::{
    module::Module,
    tensor::{Device, Tensor, TensorData},
};
use rand::{RngExt, rngs::ChaCha8Rng};

use crate::{Pass, Value, value::map_tensor};

/// Sets each value to zero with probability `rate` and scales the others by `1 / (1 - rate)`, in training; changes
/// nothing in inference. Source: Srivastava et al., 2014; scaled as in Keras.
#[derive(Module, Debug)]
pub struct Dropout {
    rate: f64,
    /// Place in the stack, which tells the random numbers of several dropout layers apart.
    layer: usize,
}

impl Dropout {
    pub(super) fn new(rate: f64, layer: usize) -> Self {
        Self { rate, layer }
    }

    /// The input with values dropped, if `pass` is a training step.
    pub fn forward(&self, input: Value, pass: Pass) -> Value {
        match pass.generator(self.layer) {
            Some(mut generator) if self.rate > 0.0 => {
                map_tensor!(input, x => { let mask = self.mask(&mut generator, x.dims(), &x.device()); x * mask })
            }
            _ => input,
        }
    }

    /// `0` where a value is dropped, `1 / (1 - rate)` where it stays. Drawn on the host, so that it is the same on
    /// every backend and needs no state of the device.
    fn mask<const D: usize>(
        &self,
        generator: &mut ChaCha8Rng,
        shape: [usize; D],
        device: &Device,
    ) -> Tensor<D> {
        let kept = (1.0 / (1.0 - self.rate)) as f32;
        let values: Vec<f32> = (0..shape.iter().product())
            .map(|_| if generator.random_bool(self.rate) { 0.0 } else { kept })
            .collect();
        Tensor::from_data(TensorData::new(values, shape), &device.clone().without_autodiff())
    }
}

pub(super) fn check(rate: f64) -> Result<(), String> {
    if (0.0..1.0).contains(&rate) {
        Ok(())
    } else {
        Err(format!("rate is {rate}; give a share from 0 up to but not including 1"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drop_ones(rate: f64, pass: Pass) -> Vec<f32> {
        let ones = Value::Rank2(Tensor::ones([100, 100], &Device::flex()));
        Dropout::new(rate, 1).forward(ones, pass).flatten().into_data().try_into_vec().unwrap()
    }

    #[test]
    fn training_drops_the_share_and_keeps_the_mean() {
        let values = drop_ones(0.4, Pass::Training { seed: 1, step: 5 });
        let dropped = values.iter().filter(|value| **value == 0.0).count() as f32 / 1e4;
        assert!((dropped - 0.4).abs() < 0.02, "{dropped}");
        assert!(values.iter().all(|value| *value == 0.0 || (*value - 1.0 / 0.6).abs() < 1e-6));
        assert_eq!(values, drop_ones(0.4, Pass::Training { seed: 1, step: 5 }));
        assert_ne!(values, drop_ones(0.4, Pass::Training { seed: 1, step: 6 }));
    }

    #[test]
    fn inference_drops_nothing() {
        assert!(drop_ones(0.4, Pass::Inference).iter().all(|value| *value == 1.0));
    }

    #[test]
    fn a_rate_outside_of_its_range_is_refused() {
        assert!(check(0.0).is_ok() && check(0.99).is_ok());
        assert!([1.0, -0.1, f64::NAN].into_iter().all(|rate| check(rate).is_err()));
    }
}
