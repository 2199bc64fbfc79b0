//! Counts of binary decisions, from which precision, recall and F1 are computed.

use burn::tensor::Tensor;
use kindling_data::{Column, Kind};
use kindling_models::OutputSpec;

use crate::{
    TrainError,
    losses::{check_classes, is_classes, steps_and_units},
};

/// Counts over the rows of one unit, or over all units together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    /// Number of rows that are predicted as positive.
    pub predicted: f64,
    /// Number of rows whose target is positive.
    pub positives: f64,
    /// Number of rows whose prediction and target are positive.
    pub true_positives: f64,
}

impl Counts {
    /// Returns the counts of each unit over the rows of a batch, `[3, units]`, from decisions and targets of 0 and 1,
    /// both `[rows, units]`.
    pub fn sums(decisions: Tensor<2>, targets: Tensor<2>) -> Tensor<2> {
        let true_positives = decisions.clone() * targets.clone();
        Tensor::cat(vec![decisions.sum_dim(0), targets.sum_dim(0), true_positives.sum_dim(0)], 0)
    }

    /// Returns the counts of each unit from the totals of [`sums`](Self::sums).
    pub fn of_units(totals: &[f64]) -> Vec<Self> {
        let units = totals.len() / 3;
        let of_unit = |unit: usize| Self {
            predicted: totals[unit],
            positives: totals[units + unit],
            true_positives: totals[2 * units + unit],
        };
        (0..units).map(of_unit).collect()
    }

    /// Returns the counts of all units together, from the totals of [`sums`](Self::sums).
    pub fn of_all(totals: &[f64]) -> Self {
        Self::of_units(totals).into_iter().fold(Self::default(), |sum, unit| Self {
            predicted: sum.predicted + unit.predicted,
            positives: sum.positives + unit.positives,
            true_positives: sum.true_positives + unit.true_positives,
        })
    }

    /// Returns the fraction of positive predictions that are correct.
    pub fn precision(self) -> f64 {
        ratio(self.true_positives, self.predicted)
    }

    /// Returns the fraction of positive targets that are predicted as positive.
    pub fn recall(self) -> f64 {
        ratio(self.true_positives, self.positives)
    }

    /// Returns the harmonic mean of precision and recall.
    pub fn f1(self) -> f64 {
        ratio(2.0 * self.true_positives, self.predicted + self.positives)
    }
}

/// Returns `part / whole`, or 0 if `whole` is 0, as Keras does.
pub(super) fn ratio(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}

/// Checks that targets are class indices, or zeros and ones with one value per output value.
pub(super) fn check_decisions(metric: &str, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
    let (steps, units) = steps_and_units(output);
    if is_classes(target) {
        return check_classes(output, target, units.max(2)).map_err(|error| of_metric(metric, error));
    }
    let width = target.sample_shape().iter().product::<usize>();
    if width != steps * units {
        return Err(TrainError::Mismatch(format!(
            "{metric} needs {} values per sample, but the targets have {width}: use one-hot targets or class indices, or \
             change the last layer",
            steps * units
        )));
    }
    let data = target.data();
    // Pixels are divided by 255 in batches. Multi-hot vectors always consist of zeros and ones.
    let one = if target.kind() == Kind::Pixels { 255.0 } else { 1.0 };
    let is_other = |value: f64| target.kind() != Kind::MultiHot && value != 0.0 && value != one;
    match data.iter::<f64>().enumerate().find(|(_, value)| is_other(*value)) {
        None => Ok(()),
        Some((place, value)) => Err(TrainError::Mismatch(format!(
            "{metric} needs targets of 0 and 1, but sample {} has {}: use class indices or one-hot targets, or another \
             metric",
            place / width.max(1),
            value / one
        ))),
    }
}

/// Adds the name of the metric to the error of a check that is shared with losses.
pub(super) fn of_metric(metric: &str, error: TrainError) -> TrainError {
    TrainError::Mismatch(format!("{metric}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{
        Auc, F1Score, Precision, Recall,
        testing::{accepts, refusal},
    };

    #[test]
    fn targets_must_be_class_indices_or_zeros_and_ones() {
        let column = |values: Vec<[f32; 2]>| Column::floats(values).unwrap();
        let classes = |values: Vec<i32>| Column::classes(values).unwrap();
        let metrics: [(&dyn crate::metrics::Metric, &str); 4] = [
            (&Precision::default(), "Precision"),
            (&Recall::default(), "Recall"),
            (&Auc::default(), "AUC"),
            (&F1Score::micro().threshold(0.5), "F1Score"),
        ];
        for (metric, name) in metrics {
            for fitting in [column(vec![[0.0, 1.0], [1.0, 1.0]]), classes(vec![0, 1])] {
                accepts(metric, &[2], &fitting).unwrap();
            }
            accepts(metric, &[1], &Column::floats(vec![0.0_f32, 1.0]).unwrap()).unwrap();
            accepts(metric, &[1], &classes(vec![0, 1])).unwrap();
            accepts(metric, &[3], &Column::multi_hot([[0_u32, 2]], 3).unwrap()).unwrap();
            accepts(metric, &[2, 3], &Column::labels(vec![[0, 2]]).unwrap()).unwrap();
            accepts(metric, &[2, 1], &Column::pixels(vec![[0_u8, 255]]).unwrap()).unwrap();

            let soft = refusal(metric, &[2], &column(vec![[0.0, 1.0], [0.25, 0.75]]));
            assert!(
                soft.starts_with(&format!("{name} needs targets of 0 and 1, but sample 1 has 0.25")),
                "{soft}"
            );
            let width = refusal(metric, &[3], &column(vec![[0.0, 1.0]]));
            assert!(width.starts_with(&format!("{name} needs 3 values per sample")), "{width}");
            for (units, class) in [(2, 2), (1, 2), (3, -1)] {
                let class = refusal(metric, &[units], &classes(vec![0, class]));
                assert!(class.starts_with(&format!("{name}: sample 1 has label")), "{class}");
            }
        }
    }
}
