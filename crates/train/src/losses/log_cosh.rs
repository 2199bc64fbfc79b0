//! The logarithm of the hyperbolic cosine of the error.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{Loss, Output, Target};

/// Log-cosh loss: `log(cosh(prediction - target))`. Keras' `LogCosh`.
///
/// The loss is about `error² / 2` for small errors and about `|error| - log(2)` for large ones, with a smooth
/// transition. Targets are numbers, `[batch]` or `[batch, ..., units]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LogCosh;

#[typetag::serde]
impl Loss for LogCosh {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        let error = (output.predictions() - target.values()).abs();
        // log(cosh(x)) = |x| + log(1 + exp(-2|x|)) - log(2) does not overflow.
        let tail = error.clone().mul_scalar(-2.0).exp().log1p();
        output.per_sample(error + tail - std::f64::consts::LN_2)
    }
}

#[cfg(test)]
mod tests {
    use kindling_models::activations::Linear;

    use super::*;
    use crate::losses::testing::{REAL, assert_close, assert_losses, measure};

    /// `keras.losses.LogCosh()(target, logits)`, on JAX.
    #[test]
    fn values_match_keras() {
        assert_losses(LogCosh, Linear, &REAL, [0.8512768, 0.8512768]);
    }

    #[test]
    fn gradient_is_the_hyperbolic_tangent_without_overflow() {
        for error in [0.0_f32, -0.0, 1e-3, -1e-3, 0.5, -2.0, 20.0, -90.0, 1e4, -1e4, 1e30] {
            let (loss, gradient) = measure(LogCosh, Linear, &[error], &[0.0], [1, 1]);
            let x = f64::from(error);
            let expected = x.abs() + (-2.0 * x.abs()).exp().ln_1p() - std::f64::consts::LN_2;
            assert_close(&[loss], &[expected], 1e-7 * expected.max(1.0));
            assert_close(&gradient, &[x.tanh()], 2e-7);
        }
    }
}
