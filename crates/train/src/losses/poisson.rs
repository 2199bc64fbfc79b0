//! The negative log-likelihood of counts.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{EPSILON, Loss, Output, Target};

/// Poisson loss, for targets that follow a Poisson distribution: `prediction - target * log(prediction + 1e-7)`. Keras'
/// `Poisson`.
///
/// Predictions must not be negative, because the loss would be NaN: use a last activation such as `Relu`. Targets are
/// counts, `[batch]` or `[batch, ..., units]`. Terms that depend only on the targets are omitted, so the minimum is
/// not 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Poisson;

#[typetag::serde]
impl Loss for Poisson {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        let predictions = output.predictions();
        let logarithm = predictions.clone().add_scalar(EPSILON).log();
        output.per_sample(predictions - target.values() * logarithm)
    }
}

#[cfg(test)]
mod tests {
    use kindling_models::activations::{Linear, Relu, Sigmoid};

    use super::*;
    use crate::losses::testing::{assert_close, assert_losses, measure};

    const COUNTS: [f32; 12] = [3.0, 0.0, 1.0, 0.0, 2.0, 4.0, 1.0, 0.0, 3.0, 5.0, 1.0, 2.0];

    /// `keras.losses.Poisson()(target, keras.activations.*(logits))`, on JAX.
    #[test]
    fn values_match_keras() {
        assert_losses(Poisson, Sigmoid, &COUNTS, [1.5841203, 1.5841203]);
        assert_losses(Poisson, Relu, &COUNTS, [7.614792, 7.614792]);
    }

    #[test]
    fn gradient_at_a_prediction_of_0_is_finite() {
        let (loss, gradient) = measure(Poisson, Linear, &[0.0, 2.0], &[3.0, 3.0], [1, 2]);
        // (-3 * log(1e-7) + 2 - 3 * log(2)) / 2 and 1 - 3 / prediction, halved.
        assert_close(&[loss], &[24.137422], 1e-5);
        assert_close(&gradient, &[-1.5e7 + 0.5, -0.25], 2.0);
    }
}
