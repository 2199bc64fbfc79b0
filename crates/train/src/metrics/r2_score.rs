//! The coefficient of determination.

use burn::tensor::Tensor;
use kindling_data::Column;
use kindling_models::OutputSpec;
use serde::{Deserialize, Serialize};

use super::{
    Direction, Metric,
    counts::{of_metric, ratio},
};
use crate::{
    TrainError,
    losses::{Output, Target, check_values},
};

/// R² score: `1 - sum((target - prediction)²) / sum((target - mean)²)`, by default the mean over units. Keras'
/// `R2Score`.
///
/// The score is 1 for perfect predictions, 0 for predicting the mean of the targets, and negative for worse
/// predictions. A unit whose targets are all equal has a score of 0. Targets are numbers, `[batch]` or
/// `[batch, ..., units]`.
///
/// The formula `sum(target²) - sum(target)² / n` would lose all precision in `f32` if the mean is much larger than
/// the spread. Therefore, each batch is centered at its own mean on the device, and shifted to the center of the
/// first batch in `f64`.
///
/// The name without braces is the metric with its defaults:
///
/// ```
/// use kindling_train::metrics::R2Score;
///
/// assert_eq!(R2Score, R2Score::default());
/// let metric = R2Score::variance_weighted();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct R2Score {
    /// Averaging over units. Default: [`Aggregation::UniformAverage`].
    pub class_aggregation: Option<Aggregation>,
}

/// The metric with its defaults: the mean of the scores of all units.
// See the loss SparseCategoricalCrossentropy.
#[allow(non_upper_case_globals, reason = "it is used like a unit struct")]
pub const R2Score: R2Score = R2Score { class_aggregation: Some(Aggregation::UniformAverage) };

/// The method of averaging over units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    /// Compute the mean of the scores of all units.
    UniformAverage,
    /// Compute the mean of the scores of all units, weighted by the variances of their targets.
    VarianceWeightedAverage,
}

impl R2Score {
    /// Creates the metric with the mean of the scores of all units, weighted by the variances of their targets.
    pub fn variance_weighted() -> Self {
        Self { class_aggregation: Some(Aggregation::VarianceWeightedAverage) }
    }
}

impl Default for R2Score {
    fn default() -> Self {
        R2Score
    }
}

#[typetag::serde]
impl Metric for R2Score {
    fn name(&self) -> String {
        "r2_score".into()
    }

    fn direction(&self) -> Direction {
        Direction::Max
    }

    /// Returns, for each unit, the number of rows, a center of the targets, the sum of the deviations of the targets
    /// from it, the sum of the squared deviations, and the sum of squared errors, `[5 * units]`.
    fn sums(&self, output: &Output, target: &Target) -> Tensor<1> {
        let (target, [rows, units]) = (target.values(), output.dims());
        let (lowest, highest) = (target.clone().min_dim(0), target.clone().max_dim(0));
        // Clamped to the range of the targets, because rounding would give equal targets a deviation.
        let center = target.clone().mean_dim(0).max_pair(lowest).min_pair(highest);
        let deviation = target.clone() - center.clone();
        let error = (target - output.predictions()).square();
        let sums = vec![
            Tensor::full([1, units], rows as f64, &center.device()),
            center,
            deviation.clone().sum_dim(0),
            deviation.square().sum_dim(0),
            error.sum_dim(0),
        ];
        Tensor::cat(sums, 0).reshape([5 * units])
    }

    fn accumulate(&self, totals: &mut [f64], sums: &[f64]) {
        let units = totals.len() / 5;
        for unit in 0..units {
            let at = |row: usize| row * units + unit;
            let [rows, center, deviation, squares, error] = [0, 1, 2, 3, 4].map(|row| sums[at(row)]);
            let shift = center - totals[at(1)];
            totals[at(0)] += rows;
            totals[at(2)] += deviation + rows * shift;
            totals[at(3)] += squares + shift * (2.0 * deviation + rows * shift);
            totals[at(4)] += error;
        }
    }

    fn figure(&self, totals: &[f64], _rows: f64) -> f64 {
        let units = totals.len() / 5;
        let mut weighted = (0.0, 0.0);
        for unit in 0..units {
            let [rows, _, deviation, squares, error] = [0, 1, 2, 3, 4].map(|row| totals[row * units + unit]);
            let spread = (squares - deviation * deviation / rows).max(0.0);
            let score = if spread > 0.0 { 1.0 - error / spread } else { 0.0 };
            let weight = match self.class_aggregation {
                Some(Aggregation::VarianceWeightedAverage) => spread,
                // `check` rejects `None`.
                Some(Aggregation::UniformAverage) | None => 1.0,
            };
            weighted = (weighted.0 + weight * score, weighted.1 + weight);
        }
        ratio(weighted.0, weighted.1)
    }

    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        if self.class_aggregation.is_none() {
            return Err(TrainError::Mismatch(
                "R2Score has no class_aggregation: set uniform_average or variance_weighted_average, as in \
                 R2Score::default()"
                    .into(),
            ));
        }
        check_values("R2Score", output, target).map_err(|error| of_metric("R2Score", error))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::metrics::testing::{Batch, ROWS, batches, figure, refusal};

    #[track_caller]
    fn assert_scores(targets: &[f32], predictions: &[f32], units: usize, rows: &[usize], expected: [f64; 2]) {
        for (metric, expected) in [R2Score, R2Score::variance_weighted()].into_iter().zip(expected) {
            let given = figure(&metric, &batches(predictions, targets, units, rows));
            assert!((given - expected).abs() < 2e-6, "{metric:?}: expected {expected}, got {given}");
        }
    }

    /// `keras.metrics.R2Score(class_aggregation)` over the batches, on JAX.
    #[test]
    fn values_over_several_batches_match_keras() {
        let targets = [1.5, -1.0, 0.0, 0.0, 2.0, 4.0, 1.0, 0.0, -3.0, 0.5, 1.0, 1.25, 2.0, -0.5, 3.0, 7.0];
        let predictions =
            [1.0, -0.5, 0.5, 0.25, 2.5, 3.0, 1.5, 0.0, -1.0, 0.0, 1.5, 1.0, 2.0, -1.0, 2.0, 5.0];
        assert_scores(&targets, &predictions, 2, &ROWS, [0.809182, 0.83932084]);
        assert_scores(&targets, &predictions, 1, &[3, 4, 1, 8], [0.8411708, 0.8411707]);
    }

    /// The exact score is 1 - 8 * 0.5² / 42. Keras, which sums squares in `f32`, reports 1.0000038.
    #[test]
    fn score_is_precise_for_a_large_mean() {
        let targets: Vec<f32> = (0..8_u8).map(|row| 1e6 + f32::from(row)).collect();
        let predictions: Vec<f32> = targets.iter().zip([0.5, -0.5].repeat(4)).map(|(t, e)| t + e).collect();
        let given = figure(&R2Score, &batches(&predictions, &targets, 1, &ROWS));
        assert!((given - 20.0 / 21.0).abs() < 1e-9, "{given}");
    }

    #[test]
    fn score_is_precise_for_batches_with_different_means() {
        // The sum of squares is 4e12 between batches and 0.5 within each.
        let targets = [0.0, 1.0, 1e6, 1e6 + 1.0, 2e6, 2e6 + 1.0];
        let score = figure(&R2Score, &batches(&[1e6 + 0.5; 6], &targets, 1, &[2, 2, 2]));
        assert!(score.abs() < 1e-6, "expected 0 for predicting the mean, got {score}");
        assert_eq!(figure(&R2Score, &batches(&targets, &targets, 1, &[2, 2, 2])), 1.0);
    }

    #[test]
    fn score_of_equal_targets_is_0() {
        // 0.1 has no exact representation, so sums of it are rounded.
        let targets = [0.1_f32; 7];
        for prediction in [0.1, 0.3] {
            assert_eq!(figure(&R2Score, &batches(&[prediction; 7], &targets, 1, &[3, 3, 1])), 0.0);
        }
        // The targets of the second unit are equal: the mean of 1 and 0.
        let score = figure(&R2Score, &[Batch::new(&[1.0, 5.0, 2.0, 5.0], &[1.0, 5.0, 2.0, 5.0], 2)]);
        assert_eq!(score, 0.5);
        let batch = Batch::new(&[1.0, 5.0, 2.0, 5.0], &[1.0, 5.0, 2.0, 5.0], 2);
        assert_eq!(figure(&R2Score::variance_weighted(), &[batch]), 1.0);
    }

    #[test]
    fn number_of_targets_must_equal_number_of_outputs() {
        let message = refusal(&R2Score, &[2], &Column::floats(vec![1.0_f32]).unwrap());
        assert!(message.starts_with("R2Score: the network returns 2 values"), "{message}");
    }

    #[test]
    fn missing_aggregation_deserializes_but_is_an_error() {
        let read = |json: &str| serde_json::from_str::<R2Score>(json).unwrap();
        assert_eq!(read("{}"), R2Score);
        let weighted = r#"{"class_aggregation": "variance_weighted_average", "num_regressors": 0}"#;
        assert_eq!(read(weighted), R2Score::variance_weighted());
        let column = Column::floats(vec![1.0_f32]).unwrap();
        let message = refusal(&read(r#"{"class_aggregation": null}"#), &[1], &column);
        assert!(message.ends_with("as in R2Score::default()"), "{message}");
    }

    proptest! {
        #[test]
        fn score_equals_the_formula_in_f64_for_any_batches(
            targets in prop::collection::vec(-100.0_f32..100.0, 8),
            errors in prop::collection::vec(-100.0_f32..100.0, 8), rows in prop::sample::select(vec![
                vec![8], vec![3, 4, 1], vec![1; 8], vec![2, 6],
            ]),
        ) {
            let predictions: Vec<f32> = targets.iter().zip(&errors).map(|(target, error)| target + error).collect();
            let mean = targets.iter().map(|target| f64::from(*target)).sum::<f64>() / 8.0;
            let squares = |values: Vec<f64>| values.iter().map(|value| value * value).sum::<f64>();
            let spread = squares(targets.iter().map(|target| f64::from(*target) - mean).collect());
            let pairs = targets.iter().zip(&predictions);
            let error = squares(pairs.map(|(target, given)| f64::from(*target) - f64::from(*given)).collect());
            prop_assume!(spread > 1.0);
            let given = figure(&R2Score, &batches(&predictions, &targets, 1, &rows));
            let expected = 1.0 - error / spread;
            prop_assert!((given - expected).abs() <= 1e-5 * (1.0 + expected.abs()), "{} for {}", given, expected);
        }
    }
}
