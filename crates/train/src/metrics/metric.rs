//! The trait of metrics.

use std::{any::Any, fmt::Debug};

use burn::tensor::Tensor;
use kindling_data::Column;
use kindling_models::{IntoPart, OutputSpec, Part};

use super::Direction;
use crate::{
    TrainError,
    losses::{Output, Target},
};

/// A metric: a value that is reported in addition to the loss.
///
/// A metric returns sums over each batch and computes its value from their totals over an epoch. The value is
/// therefore exact over all samples, and nothing is read back from the device in each step. Sample weights do not
/// apply to metrics.
///
/// ```
/// use burn::{config::Config, tensor::Tensor};
/// use kindling_train::{losses::{Output, Target}, metrics::{Direction, Metric}};
///
/// /// The fraction of predictions with an absolute error below `tolerance`.
/// #[derive(Config, Debug)]
/// struct Within {
///     tolerance: f64,
/// }
///
/// #[typetag::serde]
/// impl Metric for Within {
///     fn name(&self) -> String {
///         "within".into()
///     }
///
///     fn direction(&self) -> Direction {
///         Direction::Max
///     }
///
///     fn sums(&self, output: &Output, target: &Target) -> Tensor<1> {
///         let error = (output.predictions() - target.values()).abs();
///         error.lower_elem(self.tolerance).float().sum()
///     }
/// }
/// ```
#[typetag::serde(tag = "class_name", content = "config")]
pub trait Metric: Any + Debug + Send + Sync {
    /// Returns the name in histories, such as `accuracy`. In validation, it has the prefix `val_`.
    fn name(&self) -> String;

    /// Returns whether lower or higher values are better.
    fn direction(&self) -> Direction;

    /// Returns sums over the rows of a batch, `[sums]`. Their number must be the same for every batch.
    fn sums(&self, output: &Output, target: &Target) -> Tensor<1>;

    /// Adds the sums of a batch to the totals. The initial totals are the sums of the first batch. Default: adds them
    /// element by element.
    ///
    /// Override this method to combine batches in another way, such as for a maximum.
    fn accumulate(&self, totals: &mut [f64], sums: &[f64]) {
        add(totals, sums);
    }

    /// Computes the value of the metric from the totals over `rows` rows. Default: the sum of all totals divided by
    /// `rows`.
    fn figure(&self, totals: &[f64], rows: f64) -> f64 {
        totals.iter().sum::<f64>() / rows
    }

    /// Checks, before training, that the metric is defined for this output and all targets of the column. Default:
    /// accepts all.
    ///
    /// # Errors
    /// Returns an error that names the remedy if output and targets do not fit.
    fn check(&self, _output: &OutputSpec, _target: &Column) -> Result<(), TrainError> {
        Ok(())
    }
}

kindling_models::part_of!(Metric);

/// Adds sums to totals, element by element.
pub(crate) fn add(totals: &mut [f64], sums: &[f64]) {
    totals.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
}

/// A list of metrics for [`compile`](crate::Compile::compile): `()`, an array such as `[Accuracy]`, or a tuple of up
/// to eight metrics of different types, such as `(Accuracy, Mae)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of metrics",
    note = "use `()`, an array `[Accuracy]`, or a tuple of metrics of different types: `(Accuracy, Mae)`"
)]
pub trait IntoMetrics {
    /// Returns the metrics, in order.
    fn into_metrics(self) -> Vec<Part<dyn Metric>>;
}

impl<M: IntoPart<dyn Metric>, const N: usize> IntoMetrics for [M; N] {
    fn into_metrics(self) -> Vec<Part<dyn Metric>> {
        self.into_iter().map(IntoPart::into_part).collect()
    }
}

impl IntoMetrics for Vec<Part<dyn Metric>> {
    fn into_metrics(self) -> Vec<Part<dyn Metric>> {
        self
    }
}

macro_rules! tuple_of_metrics {
    ($($metric:ident)*) => {
        impl<$($metric: IntoPart<dyn Metric>),*> IntoMetrics for ($($metric,)*) {
            #[allow(non_snake_case, reason = "variables have the names of their types")]
            fn into_metrics(self) -> Vec<Part<dyn Metric>> {
                let ($($metric,)*) = self;
                vec![$($metric.into_part()),*]
            }
        }
    };
}

tuple_of_metrics!();
tuple_of_metrics!(A);
tuple_of_metrics!(A B);
tuple_of_metrics!(A B C);
tuple_of_metrics!(A B C D);
tuple_of_metrics!(A B C D E);
tuple_of_metrics!(A B C D E F);
tuple_of_metrics!(A B C D E F G);
tuple_of_metrics!(A B C D E F G H);
