//! The share of samples whose class is among the likeliest.

use burn::tensor::Tensor;
use kindling_data::Column;
use kindling_models::OutputSpec;
use serde::{Deserialize, Serialize};

use super::{Direction, Metric, accuracy::check_several};
use crate::{
    TrainError,
    losses::{Output, Target},
};

/// Share of rows whose class is among the `k` likeliest. Keras' `TopKCategoricalAccuracy`. Targets are class indices or
/// one-hot vectors. Classes as likely as the last of the `k` count too, as in Keras.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TopK {
    /// Number of classes that count. Default: 5.
    pub k: usize,
}

impl TopK {
    /// Creates the metric for the `k` likeliest classes.
    pub fn new(k: usize) -> Self {
        Self { k }
    }
}

impl Default for TopK {
    fn default() -> Self {
        Self { k: 5 }
    }
}

#[typetag::serde]
impl Metric for TopK {
    fn name(&self) -> String {
        "top_k_categorical_accuracy".into()
    }

    fn direction(&self) -> Direction {
        Direction::Max
    }

    fn sums(&self, output: &Output, target: &Target) -> Tensor<1> {
        let predictions = output.predictions();
        let own = predictions.clone().gather(1, target.classes());
        let likelier = predictions.greater(own).float().sum_dim(1);
        likelier.lower_elem(self.k as f64).float().sum()
    }

    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        if self.k == 0 {
            return Err(TrainError::argument(
                "k of TopK",
                0,
                "count at least the likeliest class: TopK::new(1)",
            ));
        }
        check_several("TopK", output, target)
    }
}
