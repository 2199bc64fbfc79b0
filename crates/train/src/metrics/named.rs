//! Metrics with custom names.

use burn::tensor::Tensor;
use kindling_data::Column;
use kindling_models::{IntoPart, OutputSpec, Part};
use serde::{Deserialize, Serialize};

use super::{Direction, Metric};
use crate::{
    TrainError,
    losses::{Output, Target},
};

/// Renames a metric in histories: the argument `name` of Keras' metrics. The name is saved with the metric.
///
/// ```
/// use kindling_train::metrics::{self, RootMeanSquaredError};
///
/// assert_eq!(metrics::named("rmse", RootMeanSquaredError).name(), "rmse");
/// ```
pub fn named(name: impl Into<String>, metric: impl IntoPart<dyn Metric>) -> Part<dyn Metric> {
    Named { name: name.into(), metric: metric.into_part() }.into_part()
}

#[derive(Debug, Serialize, Deserialize)]
struct Named {
    name: String,
    metric: Part<dyn Metric>,
}

#[typetag::serde(name = "named")]
impl Metric for Named {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn direction(&self) -> Direction {
        self.metric.direction()
    }

    fn sums(&self, output: &Output, target: &Target) -> Tensor<1> {
        self.metric.sums(output, target)
    }

    fn accumulate(&self, totals: &mut [f64], sums: &[f64]) {
        self.metric.accumulate(totals, sums);
    }

    fn figure(&self, totals: &[f64], rows: f64) -> f64 {
        self.metric.figure(totals, rows)
    }

    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        if self.name.is_empty() {
            let remedy = format!("give a name such as {:?}", self.metric.name());
            return Err(TrainError::argument("the name of a metric", "empty", remedy));
        }
        self.metric.check(output, target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{
        R2Score, RootMeanSquaredError,
        testing::{ROWS, batches, figure, refusal},
    };

    #[test]
    fn only_the_name_differs_from_the_metric() {
        // R2Score overrides `accumulate`.
        let (targets, predictions) = ([1.0, 2.0, 4.0, 7.0, 3.0, 5.0, 1e3, 9.0], [1.0; 8]);
        let metric = named("score", R2Score);
        let batches = batches(&predictions, &targets, 1, &ROWS);
        assert_eq!(figure(&*metric, &batches), figure(&R2Score, &batches));
        assert_eq!((metric.name().as_str(), metric.direction()), ("score", Direction::Max));
        assert_eq!(named("rmse", RootMeanSquaredError).direction(), Direction::Min);
        let column = Column::floats(vec![1.0_f32]).unwrap();
        assert_eq!(refusal(&*metric, &[2], &column), refusal(&R2Score, &[2], &column));
        let message = refusal(&*named("", R2Score), &[1], &column);
        assert_eq!(message, "the name of a metric is empty: give a name such as \"r2_score\"");
    }

    #[test]
    fn serialization_includes_the_name() {
        let metric = named("rmse", RootMeanSquaredError);
        let json = serde_json::to_value(&metric).unwrap();
        let config = serde_json::json!({
            "name": "rmse",
            "metric": {"class_name": "RootMeanSquaredError", "config": null},
        });
        assert_eq!(json, serde_json::json!({"class_name": "named", "config": config}));
        assert_eq!(serde_json::from_value::<Part<dyn Metric>>(json).unwrap(), metric);
    }
}
