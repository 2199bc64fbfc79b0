//! Losses as metrics.

use burn::tensor::{Tensor, TensorData};
use kindling_data::Column;
use kindling_models::{IntoPart, OutputSpec, Part, part::snake_case};
use serde::{Deserialize, Serialize};

use super::{Direction, Metric, counts::of_metric};
use crate::{
    TrainError,
    losses::{Loss, Output, Target},
};

/// Returns a metric that reports the mean of a loss over all samples, without sample weights and penalties.
///
/// The key in histories is the loss' name as Keras spells it: `log_cosh` for [`LogCosh`](crate::losses::LogCosh).
///
/// ```
/// use kindling_train::{losses::{Huber, LogCosh}, metrics::{self, Mae}};
///
/// let metrics = (Mae, metrics::from_loss(Huber::new(2.0)), metrics::from_loss(LogCosh));
/// assert_eq!(metrics.1.name(), "huber");
/// ```
pub fn from_loss(loss: impl IntoPart<dyn Loss>) -> Part<dyn Metric> {
    FromLoss { loss: loss.into_part(), per_batch: false }.into_part()
}

/// Returns what Keras reports for a loss object among the metrics: the mean of the losses of batches, whatever their
/// sizes.
pub(crate) fn from_loss_per_batch(loss: impl IntoPart<dyn Loss>) -> Part<dyn Metric> {
    FromLoss { loss: loss.into_part(), per_batch: true }.into_part()
}

/// The batch size of Keras' `evaluate`.
const BATCH: usize = 32;

#[derive(Debug, Serialize, Deserialize)]
struct FromLoss {
    loss: Part<dyn Loss>,
    #[serde(default)]
    per_batch: bool,
}

#[typetag::serde(name = "from_loss")]
impl Metric for FromLoss {
    fn name(&self) -> String {
        snake_case(self.loss.name())
    }

    fn direction(&self) -> Direction {
        Direction::Min
    }

    /// Returns the sum of the losses and the number of samples, or the same of batches, `[2]`.
    fn sums(&self, output: &Output, target: &Target) -> Tensor<1> {
        let losses = self.loss.per_sample(output, target);
        let (losses, count) = match self.per_batch {
            true => {
                let batches: Vec<Tensor<1>> = losses.split(BATCH, 0).into_iter().map(Tensor::mean).collect();
                let count = batches.len();
                (Tensor::cat(batches, 0), count)
            }
            false => (losses, output.batch()),
        };
        let count = Tensor::from_data(TensorData::from([count as f32]), &losses.device());
        Tensor::cat(vec![losses.sum(), count], 0)
    }

    fn figure(&self, totals: &[f64], _rows: f64) -> f64 {
        match totals {
            [sum, count] => sum / count,
            // Those of a damaged checkpoint.
            _ => f64::NAN,
        }
    }

    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        let name = self.loss.name();
        match self.loss.is_aligned() {
            true => self.loss.check(output, target).map_err(|error| of_metric(name, error)),
            false => Err(TrainError::Mismatch(format!(
                "{name} compares sequences whose length differs from the output's and cannot be a metric: use it as \
                 the loss"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        losses::{BinaryCrossentropy, Ctc, Huber, KlDivergence, LogCosh, MeanSquaredError, Poisson, from_fn},
        metrics::testing::{Batch, figure, refusal},
    };

    #[test]
    fn its_name_is_keras_name_of_the_loss() {
        let names = [
            from_loss(Huber::default()).name(),
            from_loss(LogCosh).name(),
            from_loss(KlDivergence).name(),
            from_loss(Poisson).name(),
            from_loss(BinaryCrossentropy::default()).name(),
            from_loss(from_fn("cubic", |predicted, target| (predicted - target).abs().powi_scalar(3))).name(),
        ];
        assert_eq!(names, ["huber", "log_cosh", "kl_divergence", "poisson", "binary_crossentropy", "cubic"]);
    }

    #[test]
    fn it_is_the_mean_over_samples_of_all_batches() {
        let batches =
            [Batch::new(&[1.0, 2.0, 3.0, 4.0], &[0.0; 4], 2), Batch::new(&[3.0, 5.0], &[0.0; 2], 2)];
        // The samples' losses are 2.5, 12.5 and 17.
        let metric = from_loss(MeanSquaredError);
        assert!((figure(&*metric, &batches) - 32.0 / 3.0).abs() < 1e-6);
        assert_eq!(metric.direction(), Direction::Min);
    }

    #[test]
    fn it_is_saved_with_its_loss() {
        let metric = from_loss(Huber::new(0.5));
        let json = serde_json::to_string(&metric).unwrap();
        assert!(json.contains("\"Huber\"") && json.contains("0.5"), "{json}");
        assert_eq!(serde_json::from_str::<Part<dyn Metric>>(&json).unwrap(), metric);
    }

    #[test]
    fn what_its_loss_refuses_is_refused() {
        let numbers = Column::floats(vec![1.0_f32]).unwrap();
        let message = refusal(&*from_loss(Huber::new(0.0)), &[1], &numbers);
        assert_eq!(message, "Huber: delta of Huber is 0: give a number above 0");
        let message = refusal(&*from_loss(Ctc), &[4, 3], &Column::labels(vec![[1, 0]]).unwrap());
        assert!(message.starts_with("CTC compares sequences"), "{message}");
    }
}
