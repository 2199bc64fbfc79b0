//! The trait of all metrics.

use std::{any::Any, fmt::Debug};

use burn::tensor::Tensor;
use kindling_data::Column;
use kindling_models::{IntoPart, OutputSpec, Part};

use super::Direction;
use crate::{
    TrainError,
    losses::{Output, Target},
};

/// A figure that is reported beside the loss.
///
/// A metric returns sums over a batch, and computes the figure from their totals over an epoch. The figure is exact
/// over all samples, and nothing is read back from the device at each step. Sample weights do not apply to metrics.
///
/// ```
/// use burn::{config::Config, tensor::Tensor};
/// use kindling_train::{losses::{Output, Target}, metrics::{Direction, Metric}};
///
/// /// The share of predictions that are off by less than `tolerance`.
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
    /// Returns the key in histories, `accuracy`; validation reports `val_accuracy`.
    fn name(&self) -> String;

    /// Returns whether lower or higher values are better.
    fn direction(&self) -> Direction;

    /// Returns sums over the rows of a batch, `[sums]`: the same number of them for every batch.
    fn sums(&self, output: &Output, target: &Target) -> Tensor<1>;

    /// Adds the sums of a batch to the totals, which start as the sums of the first batch. Default: element by element.
    ///
    /// Override it where addition is not enough, such as for a maximum.
    fn accumulate(&self, totals: &mut [f64], sums: &[f64]) {
        add(totals, sums);
    }

    /// Returns the figure from the sums' totals over `rows` rows. Default: the sum of all totals divided by `rows`.
    fn figure(&self, totals: &[f64], rows: f64) -> f64 {
        totals.iter().sum::<f64>() / rows
    }

    /// Checks before training that the metric is defined for this output and all targets of the column. Default: it is.
    ///
    /// # Errors
    /// When they do not fit; the message names the remedy.
    fn check(&self, _output: &OutputSpec, _target: &Column) -> Result<(), TrainError> {
        Ok(())
    }
}

kindling_models::part_of!(Metric);

/// Adds sums to totals, element by element.
pub(crate) fn add(totals: &mut [f64], sums: &[f64]) {
    totals.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
}

/// The metrics that [`compile`](crate::Compile::compile) takes: `()`, `[Accuracy]`, or up to eight of several types as
/// a tuple, `(Accuracy, Mae)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of metrics",
    note = "give `()`, `[Accuracy]`, or metrics of several types as a tuple: `(Accuracy, Mae)`"
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
            #[allow(non_snake_case, reason = "the types' names serve as the variables'")]
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
