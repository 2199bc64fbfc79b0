//! The Kullback-Leibler divergence of two distributions.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{EPSILON, Loss, Output, Target};

/// Kullback-Leibler divergence: the sum of `target * log(target / prediction)` over units. Keras' `KLDivergence`.
///
/// Targets are probabilities, `[batch, ..., units]`. Targets and predictions are clipped to the range from 1e-7 to 1,
/// as in Keras. Clipped predictions have a gradient of 0.
///
/// Source: Kullback and Leibler, "On Information and Sufficiency", 1951.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KlDivergence;

#[typetag::serde(name = "KLDivergence")]
impl Loss for KlDivergence {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        let target = target.values().clamp(EPSILON, 1.0);
        let prediction = output.predictions().clamp(EPSILON, 1.0);
        let divergence = target.clone() * (target / prediction).log();
        output.per_sample(divergence.sum_dim(1))
    }
}

#[cfg(test)]
mod tests {
    use kindling_models::activations::{Linear, Sigmoid, Softmax, Tanh};

    use super::*;
    use crate::losses::testing::{LOGITS, SHAPE, SHARES, assert_close, assert_losses, measure};

    /// `keras.losses.KLDivergence()(target, keras.activations.*(logits))`, on JAX.
    #[test]
    fn values_match_keras() {
        let (softmax, _) = measure(KlDivergence, Softmax, &LOGITS, &SHARES, SHAPE);
        let (tanh, _) = measure(KlDivergence, Tanh, &LOGITS, &SHARES, SHAPE);
        assert_close(&[softmax, tanh], &[0.6421957, 4.9746666], 2e-6);
        assert_losses(KlDivergence, Sigmoid, &SHARES, [-0.1903707, -0.0634569]);
        // Most predictions are clipped.
        assert_losses(KlDivergence, Linear, &SHARES, [4.919929, 1.6399764]);
    }

    #[test]
    fn clipped_predictions_have_no_gradient() {
        let (_, gradient) = measure(KlDivergence, Linear, &LOGITS, &SHARES, SHAPE);
        let mut expected = [0.0; 12];
        // The only predictions between 0 and 1: -target / prediction / 4 rows.
        expected[2] = -0.1 / 0.5 / 4.0;
        expected[5] = -0.6 / 1.0 / 4.0;
        expected[9] = -1.0 / 0.25 / 4.0;
        // The second one is exactly at the clipping bound, where JAX uses half of the gradient.
        let border = gradient[5];
        assert!(
            [0.0, expected[5] / 2.0, expected[5]].iter().any(|gradient| (gradient - border).abs() < 1e-6)
        );
        expected[5] = border;
        assert_close(&gradient, &expected, 1e-6);
    }

    #[test]
    fn loss_of_saturated_predictions_is_finite() {
        let logits = [1e4, -1e4, 0.0];
        for (target, expected) in [([1.0, 0.0, 0.0], 0.0), ([0.0, 1.0, 0.0], 16.118095 - 1.6e-6)] {
            let (loss, gradient) = measure(KlDivergence, Softmax, &logits, &target, [1, 3]);
            assert_close(&[loss], &[expected], 1e-5);
            assert!(gradient.iter().all(|value| value.is_finite()), "{gradient:?}");
        }
    }

    #[test]
    fn serialized_name_is_that_of_keras() {
        let loss: Box<dyn Loss> = Box::new(KlDivergence);
        assert_eq!(loss.name(), "KLDivergence");
        assert!(serde_json::to_string(&loss).unwrap().contains("\"KLDivergence\""));
    }
}
