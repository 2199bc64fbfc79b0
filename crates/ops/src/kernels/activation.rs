//! Element-wise activations.

use crate::cpu::{sigmoid, tanh, vectorized};

/// An element-wise activation whose derivative can be computed from its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `x`.
    Linear,
    /// `max(x, 0)`; the derivative at 0 is 0.
    Relu,
    /// `1 / (1 + e^-x)`.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
}

impl Activation {
    /// Replaces values with their activations.
    pub fn apply(self, values: &mut [f32]) {
        match self {
            Self::Linear => {}
            Self::Relu => relu(values),
            Self::Sigmoid => sigmoids(values),
            Self::Tanh => tanhs(values),
        }
    }

    /// Multiplies gradients with respect to the `activated` values by the derivative.
    pub fn differentiate(self, activated: &[f32], gradients: &mut [f32]) {
        match self {
            Self::Linear => {}
            Self::Relu => relu_gradients(activated, gradients),
            Self::Sigmoid => sigmoid_gradients(activated, gradients),
            Self::Tanh => tanh_gradients(activated, gradients),
        }
    }
}

vectorized! {
    fn relu(values: &mut [f32]) {
        // Not `max`, which would replace NaN.
        values.iter_mut().for_each(|x| *x = if *x < 0.0 { 0.0 } else { *x });
    }

    fn sigmoids(values: &mut [f32]) {
        values.iter_mut().for_each(|x| *x = sigmoid(*x));
    }

    fn tanhs(values: &mut [f32]) {
        values.iter_mut().for_each(|x| *x = tanh(*x));
    }

    fn relu_gradients(activated: &[f32], gradients: &mut [f32]) {
        let values = gradients.iter_mut().zip(activated);
        values.for_each(|(gradient, y)| *gradient = if *y > 0.0 { *gradient } else { 0.0 });
    }

    fn sigmoid_gradients(activated: &[f32], gradients: &mut [f32]) {
        gradients.iter_mut().zip(activated).for_each(|(gradient, y)| *gradient *= y * (1.0 - y));
    }

    fn tanh_gradients(activated: &[f32], gradients: &mut [f32]) {
        gradients.iter_mut().zip(activated).for_each(|(gradient, y)| *gradient *= 1.0 - y * y);
    }
}
