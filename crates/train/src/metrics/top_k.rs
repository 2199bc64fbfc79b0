//! Top-k accuracy.

use burn::tensor::Tensor;
use kindling_data::Column;
use kindling_models::OutputSpec;
use serde::{Deserialize, Serialize};

use super::{Direction, Metric, accuracy::check_several};
use crate::{
    TrainError,
    losses::{Output, Target},
};

macro_rules! top_k {
    ($(#[$doc:meta])* $metric:ident, $name:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $metric {
            /// Number of most likely classes to consider, at least 1. Default: 5.
            pub k: usize,
        }

        impl $metric {
            /// Creates the metric for the `k` most likely classes.
            pub fn new(k: usize) -> Self {
                Self { k }
            }
        }

        impl Default for $metric {
            fn default() -> Self {
                Self::new(5)
            }
        }

        #[typetag::serde]
        impl Metric for $metric {
            fn name(&self) -> String {
                $name.into()
            }

            fn direction(&self) -> Direction {
                Direction::Max
            }

            fn sums(&self, output: &Output, target: &Target) -> Tensor<1> {
                sums(self.k, output, target)
            }

            fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
                if self.k == 0 {
                    let remedy = concat!("give ", stringify!($metric), " at least 1");
                    return Err(TrainError::argument("k", 0, remedy));
                }
                check_several(stringify!($metric), output, target)
            }
        }
    };
}

top_k!(
    /// Top-k accuracy for one-hot targets: the fraction of rows whose target class is among the `k` most likely.
    /// Keras' `TopKCategoricalAccuracy`. Targets are one-hot vectors; class indices are also accepted. Ties count as
    /// correct, as in Keras.
    TopKCategoricalAccuracy,
    "top_k_categorical_accuracy"
);

top_k!(
    /// Top-k accuracy for class indices: the fraction of rows whose target class is among the `k` most likely. Keras'
    /// `SparseTopKCategoricalAccuracy`. Targets are class indices; one-hot vectors are also accepted. Ties count as
    /// correct, as in Keras.
    SparseTopKCategoricalAccuracy,
    "sparse_top_k_categorical_accuracy"
);

/// Returns the number of rows in which fewer than `k` classes are more likely than the target class.
fn sums(k: usize, output: &Output, target: &Target) -> Tensor<1> {
    let predictions = output.predictions();
    let own = predictions.clone().gather(1, target.classes());
    let likelier = predictions.greater(own).float().sum_dim(1);
    likelier.lower_elem(k as f64).float().sum()
}
