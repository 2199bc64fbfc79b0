//! Layers that are random in training and return their input in inference.

mod dropout;
mod gaussian_noise;

use burn::tensor::{Tensor, TensorData};

pub use dropout::{Dropout, DropoutModule};
pub use gaussian_noise::GaussianNoise;

/// Returns random values in the shape of `x`. They are drawn on the host, so they are the same on every backend.
fn drawn<const D: usize>(x: &Tensor<D>, draw: impl FnMut() -> f32) -> Tensor<D> {
    let shape = x.dims();
    let values: Vec<f32> = std::iter::repeat_with(draw).take(shape.iter().product()).collect();
    Tensor::from_data(TensorData::new(values, shape), &x.device().without_autodiff())
}
