//! Root mean squared error.

use burn::tensor::Tensor;
use kindling_data::Column;
use kindling_models::OutputSpec;
use serde::{Deserialize, Serialize};

use super::{Direction, Metric, counts::of_metric};
use crate::{
    TrainError,
    losses::{Output, Target, check_values},
};

/// Root mean squared error: `sqrt(mean((target - prediction)²))` over samples and units. Keras'
/// `RootMeanSquaredError`. Targets are numbers, `[batch]` or `[batch, ..., units]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RootMeanSquaredError;

#[typetag::serde]
impl Metric for RootMeanSquaredError {
    fn name(&self) -> String {
        "root_mean_squared_error".into()
    }

    fn direction(&self) -> Direction {
        Direction::Min
    }

    fn sums(&self, output: &Output, target: &Target) -> Tensor<1> {
        (output.predictions() - target.values()).square().mean_dim(1).sum()
    }

    fn figure(&self, totals: &[f64], rows: f64) -> f64 {
        (totals.iter().sum::<f64>() / rows).sqrt()
    }

    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        check_values("RootMeanSquaredError", output, target)
            .map_err(|error| of_metric("RootMeanSquaredError", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::testing::{ROWS, batches, figure, refusal};

    /// `keras.metrics.RootMeanSquaredError()` over three batches, on JAX.
    #[test]
    fn value_over_several_batches_matches_keras() {
        let targets = [1.5, -1.0, 0.0, 0.0, 2.0, 4.0, 1.0, 0.0, -3.0, 0.5, 1.0, 1.25, 2.0, -0.5, 3.0, 7.0];
        let predictions =
            [1.0, -0.5, 0.5, 0.25, 2.5, 3.0, 1.5, 0.0, -1.0, 0.0, 1.5, 1.0, 2.0, -1.0, 2.0, 5.0];
        for (units, rows) in [(2, &ROWS[..]), (1, &[3, 4, 1, 8])] {
            let given = figure(&RootMeanSquaredError, &batches(&predictions, &targets, units, rows));
            assert!((given - 0.8705242872238159).abs() < 1e-7, "{given}");
        }
    }

    #[test]
    fn number_of_targets_must_equal_number_of_outputs() {
        let message = refusal(&RootMeanSquaredError, &[2], &Column::floats(vec![1.0_f32]).unwrap());
        assert!(message.starts_with("RootMeanSquaredError: the network returns 2 values"), "{message}");
    }
}
