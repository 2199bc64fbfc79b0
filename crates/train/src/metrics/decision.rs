//! The decision whether a prediction is positive, for precision and recall.

use burn::tensor::{Int, Tensor};
use kindling_data::Column;
use kindling_models::OutputSpec;
use serde::{Deserialize, Deserializer, de};

use super::counts::{Counts, check_decisions};
use crate::{
    TrainError,
    losses::{Output, Target, steps_and_units},
};

/// The arguments of precision and recall, with the meaning that `None` has in Keras.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decision {
    pub threshold: Option<f64>,
    pub top_k: Option<usize>,
    pub class_id: Option<usize>,
}

impl Decision {
    /// Returns the [`Counts`] over the rows and units of a batch, `[3]`.
    pub fn sums(self, output: &Output, target: &Target) -> Tensor<1> {
        let (mut decisions, mut targets) = (self.decide(output.predictions()), target.one_hot());
        if let Some(class) = self.class_id {
            decisions = decisions.narrow(1, class, 1);
            targets = targets.narrow(1, class, 1);
        }
        Counts::sums(decisions, targets).sum_dim(1).reshape([3])
    }

    /// Returns 1 for each positive prediction and 0 for others, `[rows, units]`.
    fn decide(self, predictions: Tensor<2>) -> Tensor<2> {
        let above = |threshold: f64| predictions.clone().greater_elem(threshold).float();
        match (self.top_k, self.threshold) {
            (None, threshold) => above(threshold.unwrap_or(0.5)),
            (Some(k), None) => likeliest(predictions, k),
            (Some(k), Some(threshold)) => above(threshold) * likeliest(predictions, k),
        }
    }

    /// Checks the arguments, and that they fit the output and the targets.
    pub fn check(self, metric: &str, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        let units = steps_and_units(output).1;
        if let Some(threshold) = self.threshold.filter(|threshold| !(0.0..=1.0).contains(threshold)) {
            let remedy = format!("give {metric} a threshold from 0 to 1");
            return Err(TrainError::argument("threshold", threshold, remedy));
        }
        if let Some(k) = self.top_k.filter(|k| *k == 0 || *k > units) {
            let remedy = format!("the network has {units} units; give {metric} a number from 1 to {units}");
            return Err(TrainError::argument("top_k", k, remedy));
        }
        if let Some(class) = self.class_id.filter(|class| *class >= units) {
            let remedy = format!("the network has {units} units; give {metric} a number below {units}");
            return Err(TrainError::argument("class_id", class, remedy));
        }
        check_decisions(metric, output, target)
    }
}

/// Returns 1 for the `k` largest predictions of each row and 0 for others. The first of equal predictions counts as
/// larger.
fn likeliest(predictions: Tensor<2>, k: usize) -> Tensor<2> {
    let [_, units] = predictions.dims();
    let unit = Tensor::<1, Int>::arange(0..units as i64, &predictions.device()).reshape([1, units]);
    let (mut rest, mut chosen) = (predictions.clone(), predictions.zeros_like());
    for _ in 0..k {
        let largest = unit.clone().equal(rest.clone().argmax(1));
        chosen = chosen + largest.clone().float();
        rest = rest.mask_fill(largest, f32::NEG_INFINITY);
    }
    chosen
}

/// Deserializes Keras' `thresholds`: null, a number, or a list of one number.
pub(super) fn one_threshold<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Thresholds {
        One(f64),
        List(Vec<f64>),
    }
    match Option::<Thresholds>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Thresholds::One(threshold)) => Ok(Some(threshold)),
        Some(Thresholds::List(list)) => match list.as_slice() {
            [threshold] => Ok(Some(*threshold)),
            list => Err(de::Error::custom(format!(
                "thresholds is a list of {}: use one metric per threshold",
                list.len()
            ))),
        },
    }
}

/// Implements the constructors of a metric with the fields of a [`Decision`].
macro_rules! decision {
    ($metric:ident) => {
        impl $metric {
            /// Creates the metric with a threshold, from 0 to 1, above which predictions are positive.
            pub fn new(threshold: f64) -> Self {
                Self { threshold: Some(threshold), ..Self::default() }
            }

            /// Restricts positive predictions to the `k` largest of each row. Without a threshold, all of these are
            /// positive. Default: no restriction.
            pub fn top_k(self, k: usize) -> Self {
                Self { top_k: Some(k), ..self }
            }

            /// Restricts the metric to one class. Default: all classes together.
            pub fn class_id(self, class: usize) -> Self {
                Self { class_id: Some(class), ..self }
            }

            fn decision(self) -> $crate::metrics::decision::Decision {
                let Self { threshold, top_k, class_id } = self;
                $crate::metrics::decision::Decision { threshold, top_k, class_id }
            }
        }
    };
}

pub(super) use decision;

#[cfg(test)]
mod tests {
    use kindling_data::Column;

    use crate::metrics::{
        Metric, Precision, Recall,
        testing::{Batch, accepts, figure, refusal},
    };

    #[test]
    fn thresholds_deserialize_from_null_a_number_or_a_list_of_one() {
        let read = |thresholds: &str| {
            serde_json::from_str::<Precision>(&format!(r#"{{"thresholds": {thresholds}, "class_id": null}}"#))
        };
        assert_eq!(read("null").unwrap(), Precision::default());
        for thresholds in ["0.3", "[0.3]"] {
            assert_eq!(read(thresholds).unwrap(), Precision::new(0.3));
        }
        assert_eq!(read("0").unwrap(), Precision::new(0.0));
        let error = read("[0.3, 0.5]").unwrap_err().to_string();
        assert!(error.contains("thresholds is a list of 2: use one metric per threshold"), "{error}");
        let written = serde_json::to_value(Recall::new(0.3)).unwrap();
        assert_eq!(written, serde_json::json!({"thresholds": 0.3, "top_k": null, "class_id": null}));
    }

    fn both(precision: Precision) -> [Box<dyn Metric>; 2] {
        let Precision { threshold, top_k, class_id } = precision;
        [Box::new(precision), Box::new(Recall { threshold, top_k, class_id })]
    }

    #[test]
    fn top_k_prefers_the_first_of_equal_predictions() {
        let batch = Batch::new(&[0.2, 0.4, 0.4, 0.4], &[0.0, 1.0, 1.0, 0.0], 4);
        assert_eq!(figure(&Precision::default().top_k(2), &[batch]), 1.0);
        let batch = Batch::new(&[0.2, 0.4, 0.4, 0.4], &[0.0, 0.0, 1.0, 1.0], 4);
        assert_eq!(figure(&Precision::default().top_k(1), &[batch]), 0.0);
    }

    #[test]
    fn arguments_out_of_range_are_errors() {
        let classes = Column::classes(vec![0, 2]).unwrap();
        let refused = [
            (Precision::new(1.5), "threshold is 1.5: give Precision a threshold from 0 to 1"),
            (Precision::new(f64::NAN), "threshold is NaN: give Precision a threshold from 0 to 1"),
            (
                Precision::default().top_k(0),
                "top_k is 0: the network has 3 units; give Precision a number from 1 to 3",
            ),
            (
                Precision::default().top_k(4),
                "top_k is 4: the network has 3 units; give Precision a number from 1 to 3",
            ),
            (
                Precision::default().class_id(3),
                "class_id is 3: the network has 3 units; give Precision a number below 3",
            ),
        ];
        for (metric, message) in refused {
            let [precision, recall] = both(metric);
            assert_eq!(refusal(&*precision, &[3], &classes), message);
            assert_eq!(refusal(&*recall, &[3], &classes), message.replace("Precision", "Recall"));
        }
        assert!(accepts(&Precision::new(0.0).top_k(3).class_id(2), &[3], &classes).is_ok());
    }
}
