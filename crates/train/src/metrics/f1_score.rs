//! The F1 score.

use burn::tensor::Tensor;
use kindling_data::Column;
use kindling_models::OutputSpec;
use serde::{Deserialize, Serialize};

use super::{
    Direction, Metric,
    counts::{Counts, check_decisions, ratio},
};
use crate::{
    TrainError,
    losses::{Output, Target, steps_and_units},
};

/// F1 score: the harmonic mean of precision and recall, `2 * precision * recall / (precision + recall)`, or 0 if both
/// are 0. Keras' `F1Score`.
///
/// Targets are class indices, one-hot or multi-hot vectors, or 0 and 1 for an output of one unit. Keras' default for
/// `average`, `None`, returns a score per class. As a metric is a single number here, it is an error when a model is
/// trained or evaluated. Keras adds 1e-7 to each denominator, which changes the score by less than 1e-7 unless
/// precision and recall are close to 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct F1Score {
    /// Averaging over classes. Required, but may be missing in a file.
    pub average: Option<Average>,
    /// Threshold above which a prediction is positive, above 0 and at most 1. Default: `None`, the largest prediction
    /// of each row is positive.
    pub threshold: Option<f64>,
}

/// The method of averaging over classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Average {
    /// Compute one score from the counts of all classes together.
    Micro,
    /// Compute the mean of the scores of all classes.
    Macro,
    /// Compute the mean of the scores of all classes, weighted by their numbers of samples.
    Weighted,
}

/// The metric in a file without options. [`check`](Metric::check) returns an error for it.
impl Default for F1Score {
    fn default() -> Self {
        Self::new(None)
    }
}

impl F1Score {
    fn new(average: Option<Average>) -> Self {
        Self { average, threshold: None }
    }

    /// Creates the metric with micro-averaging: one score from the counts of all classes together.
    pub fn micro() -> Self {
        Self::new(Some(Average::Micro))
    }

    /// Creates the metric with macro-averaging: the mean of the scores of all classes.
    pub fn macro_average() -> Self {
        Self::new(Some(Average::Macro))
    }

    /// Creates the metric with weighted averaging: the mean of the scores of all classes, weighted by their numbers
    /// of samples.
    pub fn weighted() -> Self {
        Self::new(Some(Average::Weighted))
    }

    /// Sets the threshold above which a prediction is positive. Required for an output of one unit. Default: the
    /// largest prediction of each row is positive.
    pub fn threshold(self, threshold: f64) -> Self {
        Self { threshold: Some(threshold), ..self }
    }
}

#[typetag::serde]
impl Metric for F1Score {
    fn name(&self) -> String {
        "f1_score".into()
    }

    fn direction(&self) -> Direction {
        Direction::Max
    }

    fn sums(&self, output: &Output, target: &Target) -> Tensor<1> {
        let predictions = output.predictions();
        let decisions = match self.threshold {
            Some(threshold) => predictions.greater_elem(threshold).float(),
            None => largest(predictions),
        };
        Counts::sums(decisions, target.one_hot()).flatten(0, 1)
    }

    fn figure(&self, totals: &[f64], _rows: f64) -> f64 {
        let units = Counts::of_units(totals);
        let scores = units.iter().map(|unit| unit.f1());
        match self.average {
            Some(Average::Micro) => Counts::of_all(totals).f1(),
            // `check` rejects `None`.
            Some(Average::Macro) | None => ratio(scores.sum(), units.len() as f64),
            Some(Average::Weighted) => {
                let weighted = scores.zip(&units).map(|(score, unit)| score * unit.positives).sum();
                ratio(weighted, units.iter().map(|unit| unit.positives).sum())
            }
        }
    }

    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        if self.average.is_none() {
            return Err(TrainError::Mismatch(
                "F1Score has no average: set micro, macro or weighted, as in F1Score::macro_average()".into(),
            ));
        }
        match self.threshold {
            Some(threshold) if !(threshold > 0.0 && threshold <= 1.0) => {
                let remedy = "give F1Score a threshold above 0 and at most 1";
                Err(TrainError::argument("threshold", threshold, remedy))
            }
            None if steps_and_units(output).1 == 1 => Err(TrainError::Mismatch(
                "F1Score without a threshold needs several units, but the network has 1: set a threshold, as in \
                 F1Score::macro_average().threshold(0.5)"
                    .into(),
            )),
            _ => check_decisions("F1Score", output, target),
        }
    }
}

/// Returns 1 for the largest prediction of each row and 0 for others. As in Keras, all of several equal maxima count,
/// and zeros never do.
fn largest(predictions: Tensor<2>) -> Tensor<2> {
    let is_largest = predictions.clone().greater_equal(predictions.clone().max_dim(1)).float();
    is_largest * predictions.abs().greater_elem(1e-9).float()
}

#[cfg(test)]
mod tests {
    use kindling_data::Column;
    use proptest::prelude::*;

    use super::*;
    use crate::metrics::{
        Precision, Recall,
        testing::{Batch, ROWS, accepts, assert_figures, batches, figure, refusal},
    };

    /// `keras.metrics.F1Score(average, threshold)` over three batches, on JAX.
    #[test]
    fn values_over_several_batches_match_keras() {
        let figures = [
            (F1Score::micro(), 0.70588225, 0.7368421, None),
            (F1Score::macro_average(), 0.68571424, 0.7023809, None),
            (F1Score::weighted(), 0.7214285, 0.74285704, None),
            (F1Score::micro().threshold(0.3), 0.70588225, 0.7368421, Some(0.9090909)),
            (F1Score::macro_average().threshold(0.3), 0.68571424, 0.7023809, Some(0.9090909)),
            (F1Score::weighted().threshold(0.3), 0.7214285, 0.74285704, Some(0.9090909)),
            (F1Score::micro().threshold(0.5), 0.6153846, 0.39999995, Some(0.6666666)),
            (F1Score::macro_average().threshold(0.5), 0.59999996, 0.38888884, Some(0.6666666)),
            (F1Score::weighted().threshold(0.5), 0.61249995, 0.36666664, Some(0.6666666)),
        ];
        for (metric, classes, multi_hot, binary) in figures {
            assert_figures(&metric, [Some(classes), Some(multi_hot), binary]);
        }
    }

    #[test]
    fn score_of_correct_predictions_is_1_and_of_none_is_0() {
        for metric in [F1Score::micro(), F1Score::macro_average(), F1Score::weighted()] {
            let right = Batch::new(&[0.9, 0.1, 0.2, 0.8], &[1.0, 0.0, 0.0, 1.0], 2);
            assert_eq!(figure(&metric, &[right]), 1.0);
            let none = Batch::new(&[0.0, 0.0, 0.0, 0.0], &[0.0, 0.0, 0.0, 0.0], 2);
            assert_eq!(figure(&metric, &[none]), 0.0);
        }
    }

    #[test]
    fn threshold_is_checked_and_required_for_one_unit() {
        let classes = Column::classes(vec![0, 1]).unwrap();
        for threshold in [0.0, 1.1, -0.5, f64::NAN] {
            let message = refusal(&F1Score::micro().threshold(threshold), &[2], &classes);
            assert_eq!(
                message,
                format!("threshold is {threshold}: give F1Score a threshold above 0 and at most 1")
            );
        }
        let message = refusal(&F1Score::weighted(), &[1], &classes);
        assert!(message.contains("F1Score::macro_average().threshold(0.5)"), "{message}");
        accepts(&F1Score::weighted().threshold(0.5), &[1], &classes).unwrap();
    }

    #[test]
    fn missing_average_deserializes_but_is_an_error() {
        let classes = Column::classes(vec![0, 1]).unwrap();
        for json in ["{}", r#"{"average": null, "threshold": null}"#] {
            let metric: F1Score = serde_json::from_str(json).unwrap();
            let message = refusal(&metric, &[2], &classes);
            assert!(message.ends_with("as in F1Score::macro_average()"), "{message}");
        }
        let metric: F1Score = serde_json::from_str(r#"{"average": "weighted", "threshold": 0.5}"#).unwrap();
        assert_eq!(metric, F1Score::weighted().threshold(0.5));
    }

    proptest! {
        #[test]
        fn score_is_between_precision_and_recall(
            predictions in prop::collection::vec(0.0_f32..1.0, 8),
            targets in prop::collection::vec((0_u8..2).prop_map(f32::from), 8),
        ) {
            let of = |metric: &dyn Metric| figure(metric, &batches(&predictions, &targets, 1, &ROWS));
            let (precision, recall) = (of(&Precision::default()), of(&Recall::default()));
            let f1 = of(&F1Score::micro().threshold(0.5));
            prop_assert!(precision.min(recall) - 1e-12 <= f1 && f1 <= precision.max(recall) + 1e-12);
        }

        #[test]
        fn micro_averages_with_one_class_per_row_equal_accuracy(
            order in Just([0.1_f32, 0.3, 0.6]).prop_shuffle(), classes in prop::collection::vec(0_i32..3, 8),
        ) {
            let predictions = order.repeat(8);
            let likeliest = (0..3).find(|unit| order[*unit as usize] == 0.6).unwrap();
            let right = classes.iter().filter(|class| **class == likeliest).count() as f64 / 8.0;
            let (precision, recall) = (Precision::default().top_k(1), Recall::default().top_k(1));
            for metric in [&F1Score::micro() as &dyn Metric, &precision, &recall] {
                let given = figure(metric, &[Batch::classes(&predictions, &classes, 3)]);
                prop_assert!((given - right).abs() < 1e-12, "{:?}: {} for {}", metric, given, right);
            }
        }
    }
}
