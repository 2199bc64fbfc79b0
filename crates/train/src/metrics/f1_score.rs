//! The harmonic mean of precision and recall.

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

/// Harmonic mean of precision and recall, `2 * precision * recall / (precision + recall)`. Keras' `F1Score`; 0 where
/// both are 0.
///
/// Keras' default `average`, none, is a score for each class. It is read but refused before training, since a metric is
/// one figure. Targets are class indices, one-hot
/// or multi-hot vectors, and 0 or 1 for an output of one unit. Keras adds 1e-7 to each denominator, which changes the
/// score by less than that unless precision and recall are themselves close to 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct F1Score {
    /// How the scores of several classes become one. Required; a file may lack it.
    pub average: Option<Average>,
    /// Probability above which a prediction is positive, above 0 and up to 1. Default: none, the largest prediction of
    /// each row is positive.
    pub threshold: Option<f64>,
}

/// How the scores of several classes become one. The enum is closed: Keras has no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Average {
    /// One score from the counts of all classes together.
    Micro,
    /// The mean of the classes' scores.
    Macro,
    /// The mean of the classes' scores, weighted by the number of samples of each class.
    Weighted,
}

/// What a file that names no options means. [`check`](Metric::check) refuses it.
impl Default for F1Score {
    fn default() -> Self {
        Self::new(None)
    }
}

impl F1Score {
    fn new(average: Option<Average>) -> Self {
        Self { average, threshold: None }
    }

    /// Creates the score from the counts of all classes together.
    pub fn micro() -> Self {
        Self::new(Some(Average::Micro))
    }

    /// Creates the mean of the classes' scores.
    pub fn macro_average() -> Self {
        Self::new(Some(Average::Macro))
    }

    /// Creates the mean of the classes' scores, weighted by the number of samples of each class.
    pub fn weighted() -> Self {
        Self::new(Some(Average::Weighted))
    }

    /// Counts each prediction above `threshold` as positive. Default: the largest prediction of each row. An output of
    /// one unit needs a threshold.
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
            // `check` refuses a score for each class.
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
                "F1Score without an average is a score for each class, and a metric is one figure: give micro, macro \
                 or weighted, as in F1Score::macro_average()"
                    .into(),
            ));
        }
        match self.threshold {
            Some(threshold) if !(threshold > 0.0 && threshold <= 1.0) => {
                let remedy = "give F1Score a threshold above 0 and up to 1";
                Err(TrainError::argument("threshold", threshold, remedy))
            }
            None if steps_and_units(output).1 == 1 => Err(TrainError::Mismatch(
                "F1Score takes the largest of several units, the network has 1: give it a threshold, as in \
                 F1Score::macro_average().threshold(0.5)"
                    .into(),
            )),
            _ => check_decisions("F1Score", output, target),
        }
    }
}

/// Returns 1 for the largest prediction of each row, 0 for others. As in Keras, all that are equally large count, and
/// none that is 0.
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
    fn it_has_keras_values_over_all_batches() {
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
    fn it_is_1_for_right_and_0_for_no_predictions() {
        for metric in [F1Score::micro(), F1Score::macro_average(), F1Score::weighted()] {
            let right = Batch::new(&[0.9, 0.1, 0.2, 0.8], &[1.0, 0.0, 0.0, 1.0], 2);
            assert_eq!(figure(&metric, &[right]), 1.0);
            let none = Batch::new(&[0.0, 0.0, 0.0, 0.0], &[0.0, 0.0, 0.0, 0.0], 2);
            assert_eq!(figure(&metric, &[none]), 0.0);
        }
    }

    #[test]
    fn thresholds_are_checked_and_one_unit_needs_one() {
        let classes = Column::classes(vec![0, 1]).unwrap();
        for threshold in [0.0, 1.1, -0.5, f64::NAN] {
            let message = refusal(&F1Score::micro().threshold(threshold), &[2], &classes);
            assert_eq!(
                message,
                format!("threshold is {threshold}: give F1Score a threshold above 0 and up to 1")
            );
        }
        let message = refusal(&F1Score::weighted(), &[1], &classes);
        assert!(message.contains("F1Score::macro_average().threshold(0.5)"), "{message}");
        accepts(&F1Score::weighted().threshold(0.5), &[1], &classes).unwrap();
    }

    #[test]
    fn a_score_for_each_class_is_read_and_refused() {
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
        fn it_lies_between_precision_and_recall(
            predictions in prop::collection::vec(0.0_f32..1.0, 8),
            targets in prop::collection::vec((0_u8..2).prop_map(f32::from), 8),
        ) {
            let of = |metric: &dyn Metric| figure(metric, &batches(&predictions, &targets, 1, &ROWS));
            let (precision, recall) = (of(&Precision::default()), of(&Recall::default()));
            let f1 = of(&F1Score::micro().threshold(0.5));
            prop_assert!(precision.min(recall) - 1e-12 <= f1 && f1 <= precision.max(recall) + 1e-12);
        }

        #[test]
        fn with_one_class_per_row_all_micro_scores_are_the_accuracy(
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
