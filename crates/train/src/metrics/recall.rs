//! Recall.

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

/// Recall: the fraction of positive targets that are predicted as positive, or 0 without positive targets. Keras'
/// `Recall`.
///
/// All units are counted together, unless [`class_id`](Self::class_id) is set. Targets are class indices, one-hot or
/// multi-hot vectors, or 0 and 1 for an output of one unit.
///
/// For several thresholds (a list in Keras), use one metric per threshold. The second one is reported as `recall_1`:
///
/// ```
/// use kindling_train::metrics::{IntoMetrics, Recall};
///
/// let metrics = (Recall::default(), Recall::new(0.7)).into_metrics();
/// assert_eq!(metrics.len(), 2);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recall {
    /// Threshold above which a prediction is positive, from 0 to 1. Default: 0.5, or no threshold if `top_k` is set.
    #[serde(rename = "thresholds", deserialize_with = "one_threshold")]
    pub threshold: Option<f64>,
    /// Number of largest predictions per row that can be positive. Default: all.
    pub top_k: Option<usize>,
    /// Class to which the metric is restricted. Default: all classes.
    pub class_id: Option<usize>,
}

decision!(Recall);

#[typetag::serde]
impl Metric for Recall {
    fn name(&self) -> String {
        "recall".into()
    }

    fn direction(&self) -> Direction {
        Direction::Max
    }

    fn sums(&self, output: &Output, target: &Target) -> Tensor<1> {
        self.decision().sums(output, target)
    }

    fn figure(&self, totals: &[f64], _rows: f64) -> f64 {
        Counts::of_all(totals).recall()
    }

    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        self.decision().check("Recall", output, target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::testing::{Batch, assert_figures, figure};

    /// `keras.metrics.Recall(thresholds, top_k, class_id)` over three batches, on JAX.
    #[test]
    fn values_over_several_batches_match_keras() {
        let figures = [
            (Recall::default(), 0.5, 0.3),
            (Recall::new(0.3), 0.75, 0.7),
            (Recall::new(0.7), 0.25, 0.1),
            (Recall::default().top_k(1), 0.625, 0.6),
            (Recall::default().top_k(2), 0.875, 0.9),
            (Recall::new(0.3).top_k(2), 0.75, 0.7),
            (Recall::default().class_id(1), 1.0 / 3.0, 0.0),
            (Recall::new(0.3).class_id(1), 1.0, 0.75),
            (Recall::default().class_id(2).top_k(1), 2.0 / 3.0, 0.5),
            (Recall::new(0.0), 1.0, 1.0),
            (Recall::new(1.0), 0.0, 0.0),
        ];
        for (metric, classes, multi_hot) in figures {
            assert_figures(&metric, [Some(classes), Some(multi_hot), None]);
        }
        assert_figures(&Recall::default(), [None, None, Some(0.6)]);
        assert_figures(&Recall::new(0.3), [None, None, Some(1.0)]);
    }

    #[test]
    fn value_without_positive_targets_is_0() {
        assert_eq!(figure(&Recall::default(), &[Batch::new(&[0.1, 0.9], &[0.0, 0.0], 1)]), 0.0);
    }
}
