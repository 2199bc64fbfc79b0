//! The arguments of losses and metrics: the output for a batch, and its targets.

use burn::tensor::{Int, Tensor};
use kindling_models::{IntoPart, ModelError, Part, Value, activations::Activation};

/// One output of the network for a batch.
///
/// Losses and metrics use it as rows, `[rows, units]`, with one row per sample, or one row per step or pixel of a
/// sample.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use kindling_models::activations::Softmax;
/// use kindling_train::losses::Output;
///
/// let output = Output::new(Tensor::<2>::from([[0.0_f32, 0.0], [3.0, 3.0]]), Softmax);
/// assert_eq!(output.predictions().into_data().to_vec::<f32>().unwrap(), [0.5; 4]);
/// ```
#[derive(Clone, Debug)]
pub struct Output {
    logits: Value,
    activation: Part<dyn Activation>,
}

impl Output {
    /// Creates an output from its value before the last activation, `[batch, ..., units]`, and that activation.
    pub fn new(logits: impl Into<Value>, activation: impl IntoPart<dyn Activation>) -> Self {
        Self { logits: logits.into(), activation: activation.into_part() }
    }

    /// Returns the output before its last activation, `[rows, units]`.
    pub fn logits(&self) -> Tensor<2> {
        self.logits.clone().rows()
    }

    /// Returns the output with its last activation applied, `[rows, units]`: the values that `predict` returns.
    pub fn predictions(&self) -> Tensor<2> {
        self.activation.apply(Value::Rank2(self.logits())).rows()
    }

    /// Returns the output before its last activation, in its original shape, `[batch, ..., units]`.
    pub fn value(&self) -> &Value {
        &self.logits
    }

    /// Returns the last activation.
    pub fn activation(&self) -> &Part<dyn Activation> {
        &self.activation
    }

    /// Returns the number of samples in the batch.
    pub fn batch(&self) -> usize {
        self.logits.shape()[0]
    }

    /// Returns the numbers of rows and units, the shape of [`logits`](Self::logits).
    pub fn dims(&self) -> [usize; 2] {
        let shape = self.logits.shape();
        let units = shape[shape.len() - 1];
        [shape[..shape.len() - 1].iter().product(), units]
    }

    /// Returns the mean of the values of each sample, `[batch]`, over units, steps and pixels. `values` are
    /// `[rows, ...]`.
    pub fn per_sample(&self, values: Tensor<2>) -> Tensor<1> {
        let ([rows, columns], batch) = (values.dims(), self.batch());
        match rows * columns == batch {
            true => values.reshape([batch]),
            false => values.reshape([batch as i32, -1]).mean_dim(1).reshape([batch]),
        }
    }

    /// Returns the output without its autodiff graph.
    pub(crate) fn inner(&self) -> Self {
        Self { logits: self.logits.clone().inner(), activation: self.activation.clone() }
    }
}

/// The targets of one output for a batch.
#[derive(Clone, Debug)]
pub struct Target {
    value: Value,
    /// Rows and units of the output.
    dims: [usize; 2],
}

impl Target {
    /// Creates the targets of an output: class indices (one per row) or numbers (one per output value).
    ///
    /// # Errors
    /// Returns an error if the number of class indices differs from the number of rows, or the number of target
    /// values from the number of output values.
    pub fn new(value: impl Into<Value>, output: &Output) -> Result<Self, ModelError> {
        let (value, dims @ [rows, units]) = (value.into(), output.dims());
        let count: usize = value.shape().iter().product();
        let expected = if matches!(value, Value::Integers(_)) { rows } else { rows * units };
        match count == expected {
            true => Ok(Self { value, dims }),
            false => Err(ModelError::Input(format!(
                "the batch has {count} target values, but the output of shape {:?} needs {expected}: change the targets",
                output.value().shape()
            ))),
        }
    }

    /// Creates targets of any shape, such as sequences of labels, for a loss that is not
    /// [aligned](super::Loss::is_aligned) with the output.
    pub fn unaligned(value: impl Into<Value>, output: &Output) -> Self {
        Self { value: value.into(), dims: output.dims() }
    }

    /// Returns the targets as numbers, `[rows, units]`. Class indices have the shape `[rows, 1]`.
    pub fn values(&self) -> Tensor<2> {
        self.value.clone().flatten().reshape([self.dims[0] as i32, -1])
    }

    /// Returns the targets as class indices, `[rows, 1]`. For one-hot targets, they are the indices of the largest
    /// values.
    pub fn classes(&self) -> Tensor<2, Int> {
        match &self.value {
            Value::Integers(classes) => classes.clone().reshape([self.dims[0], 1]),
            _ => self.values().argmax(1),
        }
    }

    /// Returns the targets as numbers, `[rows, units]`, with class indices converted to one-hot vectors. For an
    /// output of one unit, class indices become the numbers 0 and 1.
    pub fn one_hot(&self) -> Tensor<2> {
        match (&self.value, self.dims) {
            (Value::Integers(classes), [rows, units]) if units > 1 => {
                let unit = Tensor::<1, Int>::arange(0..units as i64, &classes.device());
                unit.reshape([1, units]).equal(classes.clone().reshape([rows, 1])).float()
            }
            _ => self.values(),
        }
    }

    /// Returns the targets as sequences of labels, `[batch, maximum number of labels]`.
    pub(crate) fn labels(&self) -> Tensor<2, Int> {
        match &self.value {
            Value::Integers(labels) => labels.clone(),
            other => other.clone().flatten().int(),
        }
    }

    /// Returns the targets in their original shape.
    pub fn value(&self) -> &Value {
        &self.value
    }
}
