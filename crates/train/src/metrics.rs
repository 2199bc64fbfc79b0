//! Metrics: what is watched while a loss is minimised.

use burn::tensor::Tensor;
use kindling_models::Activation;
use serde::{Deserialize, Serialize};

use crate::{Loss, losses::Target};

/// A figure that is reported beside the loss: the mean over the samples, under Keras' names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The share of right answers: binary, categorical or sparse, whichever goes with the loss and output.
    Accuracy,
    /// The share of values on the right side of 0.5.
    BinaryAccuracy,
    /// The share of samples whose likeliest class is that of the one-hot target.
    CategoricalAccuracy,
    /// The share of samples whose likeliest class is the target's.
    SparseCategoricalAccuracy,
    /// The share of samples whose class is among the so many likeliest.
    TopK(usize),
    /// Mean absolute error.
    Mae,
    /// Mean squared error.
    Mse,
}

impl Metric {
    /// The key in a history.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::BinaryAccuracy => "binary_accuracy",
            Self::CategoricalAccuracy => "categorical_accuracy",
            Self::SparseCategoricalAccuracy => "sparse_categorical_accuracy",
            Self::TopK(_) => "top_k_categorical_accuracy",
            Self::Mae => "mae",
            Self::Mse => "mse",
        }
    }

    /// The sum over a batch's samples, shape `[1]`. `logits` are `[batch, units]`, before `activation`.
    ///
    /// A sum, so that counts of right answers stay whole numbers.
    pub fn sum(self, logits: Tensor<2>, activation: Activation, target: Target) -> Tensor<1> {
        let [batch, units] = logits.dims();
        let predictions = activation.apply(logits.clone());
        match self {
            Self::Accuracy if units == 1 => Self::BinaryAccuracy.sum(logits, activation, target),
            Self::Accuracy | Self::CategoricalAccuracy | Self::SparseCategoricalAccuracy => {
                predictions.argmax(1).equal(target.classes()).float().sum()
            }
            Self::BinaryAccuracy => {
                let right = predictions.greater_elem(0.5).float().equal(target.values());
                right.float().mean_dim(1).sum()
            }
            Self::TopK(k) => {
                let own = predictions.clone().gather(1, target.classes());
                let likelier = predictions.greater(own).float().sum_dim(1);
                likelier.lower_elem(k as f64).float().sum()
            }
            Self::Mae => Loss::MeanAbsoluteError.mean(logits, activation, target).mul_scalar(batch as f64),
            Self::Mse => Loss::MeanSquaredError.mean(logits, activation, target).mul_scalar(batch as f64),
        }
    }
}
