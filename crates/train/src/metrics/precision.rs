//! Precision.

use burn::tensor::Tensor;
use kindling_data::Column;
use kindling_models::OutputSpec;
use serde::{Deserialize, Serialize};

use super::{
    Direction, Metric,
    counts::Counts,
    decision::{decision, one_threshold},
};
use crate::{
    TrainError,
    losses::{Output, Target},
};

/// Precision: the fraction of positive predictions that are correct, or 0 without positive predictions. Keras'
/// `Precision`.
///
/// All units are counted together, unless [`class_id`](Self::class_id) is set. Targets are class indices, one-hot or
/// multi-hot vectors, or 0 and 1 for an output of one unit.
///
/// For several thresholds (a list in Keras), use one metric per threshold. The second one is reported as `precision_1`:
///
/// ```
/// use kindling_train::metrics::{IntoMetrics, Precision};
///
/// let metrics = (Precision::default(), Precision::new(0.7)).into_metrics();
/// assert_eq!(metrics.len(), 2);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Precision {
    /// Threshold above which a prediction is positive, from 0 to 1. Default: 0.5, or no threshold if `top_k` is set.
    #[serde(rename = "thresholds", deserialize_with = "one_threshold")]
    pub threshold: Option<f64>,
    /// Number of largest predictions per row that can be positive. Default: all.
    pub top_k: Option<usize>,
    /// Class to which the metric is restricted. Default: all classes.
    pub class_id: Option<usize>,
}

decision!(Precision);

#[typetag::serde]
impl Metric for Precision {
    fn name(&self) -> String {
        "precision".into()
    }

    fn direction(&self) -> Direction {
        Direction::Max
    }

    fn sums(&self, output: &Output, target: &Target) -> Tensor<1> {
        self.decision().sums(output, target)
    }

    fn figure(&self, totals: &[f64], _rows: f64) -> f64 {
        Counts::of_all(totals).precision()
    }

    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        self.decision().check("Precision", output, target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::testing::{Batch, assert_figures, figure};

    /// `keras.metrics.Precision(thresholds, top_k, class_id)` over three batches, on JAX.
    #[test]
    fn values_over_several_batches_match_keras() {
        let figures = [
            (Precision::default(), 0.8, 0.6),
            (Precision::new(0.3), 2.0 / 3.0, 7.0 / 9.0),
            (Precision::new(0.7), 1.0, 0.5),
            (Precision::default().top_k(1), 0.625, 0.75),
            (Precision::default().top_k(2), 0.4375, 0.5625),
            (Precision::new(0.3).top_k(2), 2.0 / 3.0, 7.0 / 9.0),
            (Precision::default().class_id(1), 1.0, 0.0),
            (Precision::new(0.3).class_id(1), 0.75, 0.75),
            (Precision::default().class_id(2).top_k(1), 1.0, 0.5),
            (Precision::new(0.0), 1.0 / 3.0, 10.0 / 24.0),
            (Precision::new(1.0), 0.0, 0.0),
        ];
        for (metric, classes, multi_hot) in figures {
            assert_figures(&metric, [Some(classes), Some(multi_hot), None]);
        }
        assert_figures(&Precision::default(), [None, None, Some(0.75)]);
        assert_figures(&Precision::new(0.3), [None, None, Some(5.0 / 6.0)]);
    }

    #[test]
    fn value_without_positive_predictions_is_0() {
        assert_eq!(figure(&Precision::default(), &[Batch::new(&[0.1, 0.5], &[1.0, 0.0], 1)]), 0.0);
    }
}
