//! Losses, computed from logits where that is exact.

use burn::tensor::{Device, Int, Tensor, TensorData, activation::log_softmax};
use kindling_data::Array;
use kindling_models::{Activation, Value};
use serde::{Deserialize, Serialize};

use crate::ctc;

/// What training minimises: the mean over a batch, under Keras' names.
///
/// | task | last activation | loss |
/// | --- | --- | --- |
/// | one of two classes | sigmoid, 1 unit | binary cross-entropy |
/// | one of many classes | softmax | categorical cross-entropy, sparse with class indices |
/// | several classes at once | sigmoid | binary cross-entropy |
/// | any number | none | mean squared error |
/// | a number from 0 to 1 | sigmoid | mean squared error, or binary cross-entropy |
/// | a sequence of labels | softmax at each step | CTC |
///
/// [`Task`](crate::Task) is the same table in code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// `-log(probability of the right class)`; targets are class indices, `[batch]`.
    SparseCategoricalCrossentropy,
    /// `-sum(target * log(probability))`; targets are one-hot, `[batch, classes]`.
    CategoricalCrossentropy,
    /// `-(target * log(p) + (1 - target) * log(1 - p))`; targets are 0 or 1, `[batch]` or `[batch, units]`.
    BinaryCrossentropy,
    /// `(target - prediction)²`; targets are numbers, `[batch]` or `[batch, units]`.
    #[serde(alias = "mse")]
    MeanSquaredError,
    /// `|target - prediction|`; targets are numbers, `[batch]` or `[batch, units]`.
    #[serde(alias = "mae")]
    MeanAbsoluteError,
    /// `-log(probability of the labels, however they lie along the steps)`, for outputs `[batch, steps, classes]` of
    /// which class 0 is the blank; targets are labels from 1, `[batch, most labels]`, filled up with 0
    /// ([`Column::ids`](kindling_data::Column::ids)). [`ctc_decode`](crate::ctc_decode) makes labels of predictions.
    Ctc,
}

/// A batch of one target on the device.
#[derive(Clone, Debug)]
pub enum Target {
    /// Class indices, `[batch, steps]`; one step where a sample has one class. For [`Loss::Ctc`] the labels,
    /// `[batch, most labels]`.
    Classes(Tensor<2, Int>),
    /// Numbers, `[batch, values]`.
    Values(Tensor<2>),
}

impl Target {
    /// Moves a gathered array to the device.
    pub(crate) fn from_array(array: Array, device: &Device) -> Self {
        let data = array.into_dense();
        let batch = data.shape()[0];
        let shape = [batch, data.num_elements() / batch.max(1)];
        let (is_float, (bytes, _, dtype)) = (data.dtype().is_float(), data.into_parts());
        let data = TensorData::from_bytes(bytes, shape, dtype);
        match is_float {
            true => Self::Values(Tensor::from_data(data, device)),
            false => Self::Classes(Tensor::from_data(data, device)),
        }
    }

    /// The samples at `positions`.
    pub(crate) fn select(self, positions: Tensor<1, Int>) -> Self {
        match self {
            Self::Classes(classes) => Self::Classes(classes.select(0, positions)),
            Self::Values(values) => Self::Values(values.select(0, positions)),
        }
    }

    /// As many rows as the logits have: each step in a row of its own.
    pub(crate) fn rows(self, [rows, units]: [usize; 2]) -> Self {
        match self {
            Self::Classes(classes) => Self::Classes(classes.reshape([rows, 1])),
            Self::Values(values) => Self::Values(values.reshape([rows, units])),
        }
    }

    /// Class indices, `[batch, 1]`; [`Head::check`](crate::objective::Head::check) has seen to it that they are.
    pub(crate) fn classes(self) -> Tensor<2, Int> {
        match self {
            Self::Classes(classes) => classes,
            Self::Values(values) => values.argmax(1),
        }
    }

    /// Classes as numbers, `[batch, 1]`; values as they are.
    pub(crate) fn values(self) -> Tensor<2> {
        match self {
            Self::Classes(classes) => classes.float(),
            Self::Values(values) => values,
        }
    }
}

/// Keras' `backend.epsilon()`: how close to 0 and 1 probabilities may come.
const EPSILON: f64 = 1e-7;

impl Loss {
    /// The mean loss of a batch, shape `[1]`. `logits` are `[batch, ..., units]`, before `activation`; each step or pixel
    /// counts as one of them.
    ///
    /// Cross-entropies are computed from the logits when the activation is the one that they go with, so that no
    /// probability is rounded to 0 or 1; otherwise from probabilities, clipped as in Keras.
    pub fn mean(self, logits: impl Into<Value>, activation: Activation, target: Target) -> Tensor<1> {
        let logits = logits.into();
        match self {
            Self::SparseCategoricalCrossentropy => {
                let (logits, target) = rows(logits, target);
                log_probabilities(logits, activation).gather(1, target.classes()).mean().neg()
            }
            Self::CategoricalCrossentropy => {
                let (logits, target) = rows(logits, target);
                (log_probabilities(logits, activation) * target.values()).sum_dim(1).mean().neg()
            }
            Self::BinaryCrossentropy => {
                let (logits, target) = rows(logits, target);
                binary_crossentropy(logits, activation, target.values()).mean()
            }
            Self::MeanSquaredError => errors(logits, activation, target).square().mean(),
            Self::MeanAbsoluteError => errors(logits, activation, target).abs().mean(),
            Self::Ctc => ctc::mean_loss(logits.steps(), activation, target.classes()),
        }
    }
}

/// Each step or pixel with its target: a row of its own.
fn rows(logits: Value, target: Target) -> (Tensor<2>, Target) {
    let logits = logits.rows();
    let target = target.rows(logits.dims());
    (logits, target)
}

/// How far each prediction lies above its target, `[rows, units]`.
fn errors(logits: Value, activation: Activation, target: Target) -> Tensor<2> {
    let (logits, target) = rows(logits, target);
    activation.apply(logits) - target.values()
}

/// The logarithm of each class' probability, `[batch, classes]`.
fn log_probabilities(logits: Tensor<2>, activation: Activation) -> Tensor<2> {
    if activation == Activation::Softmax {
        return log_softmax(logits, 1);
    }
    let output = activation.apply(logits);
    let sum = output.clone().sum_dim(1);
    (output / sum).clamp(EPSILON, 1.0 - EPSILON).log()
}

/// The loss of each output, `[batch, units]`.
fn binary_crossentropy(logits: Tensor<2>, activation: Activation, target: Tensor<2>) -> Tensor<2> {
    if activation == Activation::Sigmoid {
        // max(x, 0) - x * target + log(1 + exp(-|x|)): no exponential overflows. The signs are constants, so that
        // the gradient at 0 is that of the sigmoid and not the 0 of the kinks.
        let positive = logits.clone().detach().greater_equal_elem(0.0).float();
        let negative_size = logits.clone() * positive.clone().mul_scalar(-2.0).add_scalar(1.0);
        return logits.clone() * (positive - target) + negative_size.exp().log1p();
    }
    let output = activation.apply(logits).clamp(EPSILON, 1.0 - EPSILON);
    let missed = target.clone().neg().add_scalar(1.0) * output.clone().neg().add_scalar(1.0).log();
    (target * output.log() + missed).neg()
}
