//! Metrics, with Keras' names. Each computes sums over a batch, and its value from their totals over an epoch.

mod accuracy;
mod auc;
mod best;
mod counts;
mod decision;
mod direction;
mod f1_score;
mod from_loss;
mod mean_error;
mod metric;
mod named;
mod precision;
mod r2_score;
mod recall;
mod root_mean_squared_error;
#[cfg(test)]
mod testing;
mod top_k;

pub use accuracy::{Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy};
pub use auc::{Auc, Curve, Summation};
pub use best::Best;
pub use direction::Direction;
pub use f1_score::{Average, F1Score};
pub use from_loss::from_loss;
pub(crate) use from_loss::from_loss_per_batch;
pub use mean_error::{Mae, Mse};
pub(crate) use metric::add;
pub use metric::{IntoMetrics, Metric};
pub use named::named;
pub use precision::Precision;
pub use r2_score::{Aggregation, R2Score};
pub use recall::Recall;
pub use root_mean_squared_error::RootMeanSquaredError;
pub use top_k::{SparseTopKCategoricalAccuracy, TopKCategoricalAccuracy};
