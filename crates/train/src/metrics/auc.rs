//! The area under the ROC curve or the precision-recall curve.

use burn::tensor::{IndexingUpdateOp, Int, Tensor, activation::sigmoid};
use kindling_data::Column;
use kindling_models::{OutputSpec, pieces};
use serde::{Deserialize, Serialize};

use super::{
    Direction, Metric,
    counts::{check_decisions, ratio},
};
use crate::{
    TrainError,
    losses::{Output, Target},
};

/// Area under the ROC or precision-recall curve, approximated at evenly spaced thresholds from 0 to 1. Keras' `AUC`.
///
/// Predictions are probabilities, or logits with [`from_logits`](Self::from_logits). Values outside of 0 to 1 are
/// clipped. The values of several units form one curve, unless [`multi_label`](Self::multi_label) is set. Targets are
/// class indices, one-hot or multi-hot vectors, or 0 and 1 for an output of one unit. Without positive targets, the
/// area is 0; for [`Curve::Roc`] also without negative targets.
///
/// ```
/// use kindling_train::metrics::{Auc, Curve, Summation};
///
/// let metric = Auc::new(Curve::Pr).summation(Summation::Minoring).multi_label(true);
/// ```
///
/// Source for [`Curve::Pr`]: Davis and Goadrich, "The Relationship Between Precision-Recall and ROC Curves", 2006. For
/// [`Curve::PrGain`]: Flach and Kull, "Precision-Recall-Gain Curves: PR Analysis Done Right", 2015.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Auc {
    /// Number of thresholds, at least 2. More thresholds give a better approximation. Default: 200.
    pub num_thresholds: usize,
    /// Type of the curve. Default: [`Curve::Roc`].
    pub curve: Curve,
    /// Method of summation between thresholds. Default: [`Summation::Interpolation`].
    pub summation_method: Summation,
    /// Whether to average the areas of the units instead of using one curve for all of them. Default: false.
    pub multi_label: bool,
    /// Whether predictions are logits instead of probabilities. Default: false.
    pub from_logits: bool,
}

/// The type of curve of an [`Auc`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Curve {
    /// Receiver operating characteristic: true positive rate over false positive rate.
    #[default]
    Roc,
    /// Precision over recall.
    Pr,
    /// Precision gain over recall gain.
    PrGain,
}

/// The method by which an [`Auc`] sums the area between thresholds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Summation {
    /// Linear interpolation between points. For [`Curve::Pr`], true and false positives are interpolated.
    #[default]
    Interpolation,
    /// The lower of two neighboring points: a lower bound of the area under a monotonic curve.
    Minoring,
    /// The higher of two neighboring points: an upper bound of the area under a monotonic curve.
    Majoring,
}

impl Auc {
    /// Creates the metric for this type of curve, with 200 thresholds.
    pub fn new(curve: Curve) -> Self {
        Self {
            num_thresholds: 200,
            curve,
            summation_method: Summation::Interpolation,
            multi_label: false,
            from_logits: false,
        }
    }

    /// Sets the number of thresholds, at least 2. Default: 200.
    pub fn num_thresholds(self, num_thresholds: usize) -> Self {
        Self { num_thresholds, ..self }
    }

    /// Sets the method of summation between thresholds. Default: [`Summation::Interpolation`].
    pub fn summation(self, summation_method: Summation) -> Self {
        Self { summation_method, ..self }
    }

    /// Sets whether to average the areas of the units instead of using one curve for all of them. Default: false.
    pub fn multi_label(self, multi_label: bool) -> Self {
        Self { multi_label, ..self }
    }

    /// Sets whether predictions are logits instead of probabilities. Default: false.
    pub fn from_logits(self, from_logits: bool) -> Self {
        Self { from_logits, ..self }
    }

    /// Returns the number of intervals between thresholds.
    fn buckets(&self) -> usize {
        self.num_thresholds.max(2) - 1
    }
}

impl Default for Auc {
    fn default() -> Self {
        Self::new(Curve::Roc)
    }
}

#[typetag::serde(name = "AUC")]
impl Metric for Auc {
    fn name(&self) -> String {
        "auc".into()
    }

    fn direction(&self) -> Direction {
        Direction::Max
    }

    /// Returns the number of predictions between each two thresholds, first of negative and then of positive targets,
    /// `[2 * (num_thresholds - 1)]`. With `multi_label`, the counts of all units are concatenated.
    fn sums(&self, output: &Output, target: &Target) -> Tensor<1> {
        let (predictions, buckets) = (output.predictions(), self.buckets() as i64);
        let predictions = if self.from_logits { sigmoid(predictions) } else { predictions };
        let above = predictions.clamp(0.0, 1.0).mul_scalar(self.buckets() as f64).ceil().int();
        // A prediction equal to a threshold belongs to the bucket below it; 0 belongs to the first bucket.
        let bucket = above.sub_scalar(1).clamp(0, buckets - 1);
        let places = bucket + target.one_hot().int().mul_scalar(buckets);
        let (places, units) = match (self.multi_label, output.dims()) {
            (true, [_, units]) => {
                let unit = Tensor::<1, Int>::arange(0..units as i64, &places.device());
                (places + unit.reshape([1, units]).mul_scalar(2 * buckets), units)
            }
            (false, _) => (places, 1),
        };
        histogram(places.flatten(0, 1), units * 2 * self.buckets())
    }

    fn figure(&self, totals: &[f64], _rows: f64) -> f64 {
        let areas = totals.chunks_exact(2 * self.buckets()).map(|totals| {
            let (negative, positive) = totals.split_at(self.buckets());
            self.area(&Point::curve(negative, positive))
        });
        let units = areas.len();
        ratio(areas.sum(), units as f64)
    }

    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        if self.num_thresholds < 2 {
            let remedy = "AUC needs at least 2, the end points of the curve";
            return Err(TrainError::argument("num_thresholds", self.num_thresholds, remedy));
        }
        check_decisions("AUC", output, target)
    }
}

/// Returns the number of occurrences of each index below `length`, `[length]`.
fn histogram(indices: Tensor<1, Int>, length: usize) -> Tensor<1> {
    let [count] = indices.dims();
    let device = indices.device();
    pieces(count, &device).fold(Tensor::zeros([length], &device), |counts, piece| {
        let ones = Tensor::ones([piece.len()], &device);
        counts.select_assign(0, indices.clone().slice([piece]), ones, IndexingUpdateOp::Add)
    })
}

/// The numbers of predictions above a threshold.
#[derive(Clone, Copy, Default)]
struct Point {
    false_positives: f64,
    true_positives: f64,
}

impl Point {
    /// Returns a point per threshold, in decreasing order, from the counts between thresholds, in increasing order.
    fn curve(negative: &[f64], positive: &[f64]) -> Vec<Self> {
        let next = |point: &mut Self, (negative, positive): (&f64, &f64)| {
            point.false_positives += negative;
            point.true_positives += positive;
            Some(*point)
        };
        let buckets = negative.iter().zip(positive).rev();
        std::iter::once(Self::default()).chain(buckets.scan(Self::default(), next)).collect()
    }

    fn predicted(self) -> f64 {
        self.true_positives + self.false_positives
    }
}

impl Auc {
    /// Returns the area under the curve through these points. The last point counts all samples.
    fn area(&self, points: &[Point]) -> f64 {
        if (self.curve, self.summation_method) == (Curve::Pr, Summation::Interpolation) {
            return precision_recall(points);
        }
        let all = points.last().copied().unwrap_or_default();
        let places: Vec<(f64, f64)> = points.iter().map(|point| self.curve.place(*point, all)).collect();
        let area = |pair: &[(f64, f64)]| {
            let [(left, low), (right, high)] = [pair[0], pair[1]];
            let height = match self.summation_method {
                Summation::Interpolation => (low + high) / 2.0,
                Summation::Minoring => low.min(high),
                Summation::Majoring => low.max(high),
            };
            (right - left) * height
        };
        places.windows(2).map(area).sum()
    }
}

impl Curve {
    /// Returns the coordinates of a threshold on the curve. `all` are the counts of all samples.
    fn place(self, point: Point, all: Point) -> (f64, f64) {
        let recall = ratio(point.true_positives, all.true_positives);
        match self {
            Self::Roc => (ratio(point.false_positives, all.false_positives), recall),
            Self::Pr => (recall, ratio(point.true_positives, point.predicted())),
            // Without true positives, Keras uses a recall gain of 0 and a precision gain of 1.
            Self::PrGain if point.true_positives == 0.0 => (0.0, 1.0),
            Self::PrGain => {
                let scale = ratio(all.true_positives, all.false_positives);
                let gain = |wrong: f64| 1.0 - scale * wrong / point.true_positives;
                (gain(all.true_positives - point.true_positives).max(0.0), gain(point.false_positives))
            }
        }
    }
}

/// Returns the area under the precision-recall curve. True and false positives are interpolated linearly between
/// points, so precision is not linear.
fn precision_recall(points: &[Point]) -> f64 {
    let all = points.last().copied().unwrap_or_default();
    let area = |pair: &[Point]| {
        let (low, high) = (pair[0], pair[1]);
        let gained = high.true_positives - low.true_positives;
        let slope = ratio(gained, high.predicted() - low.predicted());
        let intercept = low.true_positives - slope * low.predicted();
        let grown = if low.predicted() > 0.0 { high.predicted() / low.predicted() } else { 1.0 };
        slope * (gained + intercept * grown.ln())
    };
    ratio(points.windows(2).map(area).sum(), all.true_positives)
}

#[cfg(test)]
mod tests {
    use kindling_data::Column;
    use proptest::prelude::*;

    use super::*;
    use crate::metrics::testing::{Batch, ROWS, assert_figures, batches, figure, refusal};

    /// `keras.metrics.AUC(num_thresholds, curve)` over three batches, on JAX.
    #[test]
    fn values_over_several_batches_match_keras() {
        let figures = [
            (Curve::Roc, 2, [0.5, 0.5, 0.5]),
            (Curve::Roc, 3, [0.71875, 0.57857144, 0.6333333]),
            (Curve::Roc, 5, [0.82421875, 0.78214294, 0.7]),
            (Curve::Roc, 200, [0.8359375, 0.77857143, 0.7333333]),
            (Curve::Pr, 2, [0.33333334, 0.41666666, 0.625]),
            (Curve::Pr, 3, [0.6269287, 0.50481075, 0.7193147]),
            (Curve::Pr, 5, [0.75527406, 0.61189073, 0.6802776]),
            (Curve::Pr, 200, [0.75936425, 0.6226166, 0.78027755]),
            (Curve::PrGain, 5, [0.79910713, 0.58238846, 0.5555555]),
            (Curve::PrGain, 200, [0.7768991, 0.66674757, 0.5601852]),
        ];
        for (curve, thresholds, expected) in figures {
            assert_figures(&Auc::new(curve).num_thresholds(thresholds), expected.map(Some));
        }
    }

    /// `keras.metrics.AUC(num_thresholds, curve, summation_method)` over three batches, on JAX.
    #[test]
    fn summation_methods_match_keras() {
        let figures = [
            (Curve::Roc, Summation::Minoring, 5, [0.71875, 0.69285715, 0.6666666]),
            (Curve::Roc, Summation::Minoring, 200, [0.8046875, 0.75714284, 0.7333333]),
            (Curve::Roc, Summation::Majoring, 5, [0.9296875, 0.8714286, 0.7333333]),
            (Curve::Roc, Summation::Majoring, 200, [0.8671875, 0.8, 0.7333333]),
            (Curve::Pr, Summation::Minoring, 5, [0.44358975, 0.50166667, 0.5]),
            (Curve::Pr, Summation::Minoring, 200, [0.5981789, 0.557704, 0.54333335]),
            (Curve::Pr, Summation::Majoring, 5, [0.8673077, 0.6546154, 0.73333335]),
            (Curve::Pr, Summation::Majoring, 200, [0.79313725, 0.675, 0.81]),
            (Curve::PrGain, Summation::Minoring, 5, [0.68239796, 0.4822373, 0.4444444]),
            (Curve::PrGain, Summation::Minoring, 200, [0.72446144, 0.61856174, 0.5023148]),
            (Curve::PrGain, Summation::Majoring, 5, [0.9158163, 0.6825397, 0.6666666]),
            (Curve::PrGain, Summation::Majoring, 200, [0.8293367, 0.71493357, 0.6180556]),
        ];
        for (curve, summation, thresholds, expected) in figures {
            let metric = Auc::new(curve).summation(summation).num_thresholds(thresholds);
            assert_figures(&metric, expected.map(Some));
        }
    }

    /// `keras.metrics.AUC(num_thresholds, curve, summation_method, multi_label=True)` over three batches, on JAX.
    #[test]
    fn multi_label_values_match_keras() {
        let figures = [
            (Curve::Roc, Summation::Interpolation, [0.85, 0.7916667, 0.7333333]),
            (Curve::Roc, Summation::Minoring, [0.8277778, 0.7777778, 0.7333333]),
            (Curve::Roc, Summation::Majoring, [0.8722223, 0.8055555, 0.7333333]),
            (Curve::Pr, Summation::Interpolation, [0.72832507, 0.73803633, 0.78027755]),
            (Curve::Pr, Summation::Minoring, [0.43650794, 0.44543654, 0.54333335]),
            (Curve::Pr, Summation::Majoring, [0.77777785, 0.7680556, 0.81]),
            (Curve::PrGain, Summation::Interpolation, [0.83740747, 0.7083334, 0.5601852]),
        ];
        for (curve, summation, expected) in figures {
            let metric = Auc::new(curve).summation(summation).multi_label(true);
            assert_figures(&metric, expected.map(Some));
        }
    }

    /// `keras.metrics.AUC(50, curve, from_logits=True)` over three batches, on JAX.
    #[test]
    fn values_of_logits_match_keras() {
        let figures = [
            (Curve::Roc, [0.82421875, 0.7964285, 0.7333333]),
            (Curve::Pr, [0.75105655, 0.62797624, 0.78027755]),
        ];
        for (curve, expected) in figures {
            assert_figures(&Auc::new(curve).num_thresholds(50).from_logits(true), expected.map(Some));
        }
    }

    #[test]
    fn deserializes_from_keras_json() {
        let json = r#"{"name": "auc", "dtype": "float32", "num_thresholds": 50, "curve": "PRGAIN",
            "summation_method": "majoring", "multi_label": true, "num_labels": null, "label_weights": null,
            "from_logits": true}"#;
        let metric: Auc = serde_json::from_str(json).unwrap();
        let expected = Auc::new(Curve::PrGain).num_thresholds(50).summation(Summation::Majoring);
        assert_eq!(metric, expected.multi_label(true).from_logits(true));
    }

    /// `keras.metrics.AUC(num_thresholds, curve)` over three batches, on JAX.
    #[test]
    fn predictions_at_thresholds_and_outside_of_0_to_1_match_keras() {
        let predictions = [0.0, 0.5, 1.0, 1.0, 0.25, -0.5, 1.5, 0.75];
        let targets = [0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0];
        let figures = [(Curve::Roc, [0.5, 0.625, 0.6875]), (Curve::Pr, [0.5, 0.60731757, 0.6306008])];
        for (curve, expected) in figures {
            for (thresholds, expected) in [3, 5, 200].into_iter().zip(expected) {
                let metric = Auc::new(curve).num_thresholds(thresholds);
                let given = figure(&metric, &batches(&predictions, &targets, 1, &ROWS));
                assert!((given - expected).abs() < 2e-7, "{metric:?}: expected {expected}, got {given}");
            }
            let none = figure(&Auc::new(curve), &batches(&predictions, &[0.0; 8], 1, &ROWS));
            let all = figure(&Auc::new(curve), &batches(&predictions, &[1.0; 8], 1, &ROWS));
            assert_eq!((none, all), (0.0, if curve == Curve::Pr { 1.0 } else { 0.0 }));
        }
    }

    #[test]
    fn predictions_that_are_not_finite_do_not_panic() {
        let batch = Batch::new(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.5], &[1.0, 0.0, 1.0, 0.0], 1);
        assert!(figure(&Auc::default(), &[batch]).is_finite());
    }

    #[test]
    fn histogram_counts_all_of_many_predictions() {
        let rows = (1 << 15) + 5;
        let predictions: Vec<f32> = (0..rows).map(|row| if row % 2 == 0 { 0.25 } else { 0.75 }).collect();
        let targets: Vec<f32> = (0..rows).map(|row| (row % 2) as f32).collect();
        assert_eq!(figure(&Auc::default(), &[Batch::new(&predictions, &targets, 1)]), 1.0);
        let tensor =
            Tensor::<1, Int>::arange(0..rows as i64, &burn::tensor::Device::flex()).remainder_scalar(2);
        let counts: Vec<f32> = histogram(tensor, 3).into_data().iter().collect();
        assert_eq!(counts, [(rows / 2 + 1) as f32, (rows / 2) as f32, 0.0]);
    }

    #[test]
    fn fewer_than_two_thresholds_are_an_error() {
        let classes = Column::classes(vec![0, 1]).unwrap();
        for thresholds in [0, 1] {
            let message = refusal(&Auc::default().num_thresholds(thresholds), &[1], &classes);
            assert_eq!(
                message,
                format!("num_thresholds is {thresholds}: AUC needs at least 2, the end points of the curve")
            );
        }
    }

    proptest! {
        #[test]
        fn area_is_between_0_and_1(
            predictions in prop::collection::vec(0.0_f32..=1.0, 8),
            targets in prop::collection::vec((0_u8..2).prop_map(f32::from), 8), thresholds in 2_usize..50,
        ) {
            for curve in [Curve::Roc, Curve::Pr] {
                let metric = Auc::new(curve).num_thresholds(thresholds);
                let area = figure(&metric, &batches(&predictions, &targets, 1, &ROWS));
                prop_assert!((-1e-12..=1.0 + 1e-12).contains(&area), "{:?}: {}", metric, area);
            }
        }

        /// The area equals the fraction of pairs of a positive and a negative sample that are ranked correctly. Ties
        /// count half.
        #[test]
        fn roc_area_is_the_fraction_of_correctly_ranked_pairs(
            places in prop::collection::vec(0_u8..20, 8),
            targets in prop::collection::vec((0_u8..2).prop_map(f32::from), 8),
        ) {
            let predictions: Vec<f32> = places.iter().map(|place| (f32::from(*place) + 0.5) / 20.0).collect();
            let area = figure(&Auc::default().num_thresholds(21), &batches(&predictions, &targets, 1, &ROWS));
            let of = |target: f32| places.iter().zip(&targets).filter(move |(_, own)| **own == target);
            let order = |positive: u8, negative: u8| match positive.cmp(&negative) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
            let pairs = of(1.0).flat_map(|(positive, _)| of(0.0).map(move |(negative, _)| order(*positive, *negative)));
            let pairs: Vec<f64> = pairs.collect();
            let expected = ratio(pairs.iter().sum(), pairs.len() as f64);
            prop_assert!((area - expected).abs() < 1e-12, "{} for {}", area, expected);
        }
    }
}
