//! A batch of one input, output, or target.

use std::any::Any;

use burn::tensor::{Device, Int, Tensor, TensorData};
use kindling_data::Array;

use crate::{ModelError, SparseTensor};

/// A batch on a device: a tensor whose rank and kind are known at run time. The first axis is the batch.
///
/// Inputs, outputs, targets, and the data passed between layers are values. Burn's `Tensor<D>` has its rank in its
/// type, which a stack of layers that is chosen at run time cannot have; [`tensor`](Self::tensor) converts.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use kindling_models::Value;
///
/// let value = Value::from(Tensor::<3>::zeros([8, 5, 2], &Device::flex()));
/// assert_eq!(value.shape(), [8, 5, 2]);
/// assert_eq!(value.clone().flatten().dims(), [8, 10]);
/// let error = value.tensor::<2>().unwrap_err();
/// assert!(error.to_string().contains("[8, 5, 2]"));
/// ```
#[derive(Clone, Debug)]
pub enum Value {
    /// Vectors, `[batch, features]`.
    Rank2(Tensor<2>),
    /// Sequences, `[batch, steps, features]`.
    Rank3(Tensor<3>),
    /// Images, `[batch, height, width, channels]`.
    Rank4(Tensor<4>),
    /// Word ids, class indices or labels, `[batch, steps]`; `[batch, 1]` if a sample has one class.
    Integers(Tensor<2, Int>),
    /// Sparse vectors, sequences or images.
    Sparse(SparseTensor),
}

impl From<Tensor<2>> for Value {
    fn from(vectors: Tensor<2>) -> Self {
        Self::Rank2(vectors)
    }
}

impl From<Tensor<3>> for Value {
    fn from(sequences: Tensor<3>) -> Self {
        Self::Rank3(sequences)
    }
}

impl From<Tensor<4>> for Value {
    fn from(images: Tensor<4>) -> Self {
        Self::Rank4(images)
    }
}

impl From<Tensor<2, Int>> for Value {
    fn from(integers: Tensor<2, Int>) -> Self {
        Self::Integers(integers)
    }
}

/// Replaces the tensor of a dense value with an expression of the same rank. Integers and sparse values are
/// unchanged.
macro_rules! map_tensor {
    ($value:expr, $tensor:ident => $body:expr) => {
        match $value {
            $crate::Value::Rank2($tensor) => $crate::Value::Rank2($body),
            $crate::Value::Rank3($tensor) => $crate::Value::Rank3($body),
            $crate::Value::Rank4($tensor) => $crate::Value::Rank4($body),
            other @ ($crate::Value::Integers(_) | $crate::Value::Sparse(_)) => other,
        }
    };
}

pub(crate) use map_tensor;

impl Value {
    /// The largest rank of a value, the batch axis included.
    pub const MAX_RANK: usize = 4;

    /// Moves a gathered array to the device: integers `[batch]` and `[batch, steps]` become
    /// [`Integers`](Self::Integers), floats `[batch]` become `[batch, 1]`.
    ///
    /// # Errors
    /// Returns [`ModelError::Input`] if the array has no axis, or more than [`MAX_RANK`](Self::MAX_RANK).
    pub fn from_array(array: Array, device: &Device) -> Result<Self, ModelError> {
        let data = match array {
            Array::Sparse(rows) if rows.sample_shape().len() < Self::MAX_RANK => {
                return Ok(Self::Sparse(SparseTensor::new(rows, device)));
            }
            array => array.into_dense(),
        };
        let shape = data.shape().clone();
        if data.dtype().is_float() || shape.len() > 2 {
            return Self::from_data(data.convert::<f32>(), device);
        }
        match *shape.as_slice() {
            [batch] => Ok(Self::Integers(Tensor::<1, Int>::from_data(data, device).reshape([batch, 1]))),
            [_, _] => Ok(Self::Integers(Tensor::from_data(data, device))),
            _ => Err(no_batch(shape.as_slice())),
        }
    }

    /// Moves `f32` data of shape `[batch, ...]` to the device. Samples of one number each become `[batch, 1]`.
    ///
    /// # Errors
    /// Returns [`ModelError::Input`] if the data has no axis, or more than [`MAX_RANK`](Self::MAX_RANK).
    pub fn from_data(data: TensorData, device: &Device) -> Result<Self, ModelError> {
        let shape = data.shape().clone();
        match *shape.as_slice() {
            [batch] => Ok(Self::Rank2(Tensor::<1>::from_data(data, device).reshape([batch, 1]))),
            [_, _] => Ok(Self::Rank2(Tensor::from_data(data, device))),
            [_, _, _] => Ok(Self::Rank3(Tensor::from_data(data, device))),
            [_, _, _, _] => Ok(Self::Rank4(Tensor::from_data(data, device))),
            _ => Err(no_batch(shape.as_slice())),
        }
    }

    /// Returns the shape, `[batch, ...]`.
    pub fn shape(&self) -> Vec<usize> {
        match self {
            Self::Rank2(tensor) => tensor.dims().to_vec(),
            Self::Rank3(tensor) => tensor.dims().to_vec(),
            Self::Rank4(tensor) => tensor.dims().to_vec(),
            Self::Integers(tensor) => tensor.dims().to_vec(),
            Self::Sparse(sparse) => sparse.shape(),
        }
    }

    /// Returns the value as a tensor of rank `D`. Integers become floats, sparse values become dense.
    ///
    /// # Errors
    /// Returns [`ModelError::Input`] with the shape if the value has a different rank.
    pub fn tensor<const D: usize>(self) -> Result<Tensor<D>, ModelError> {
        let shape = self.shape();
        let tensor: Box<dyn Any> = match self.numbers() {
            Self::Rank2(tensor) => Box::new(tensor),
            Self::Rank3(tensor) => Box::new(tensor),
            Self::Rank4(tensor) => Box::new(tensor),
            Self::Integers(tensor) => Box::new(tensor),
            Self::Sparse(sparse) => Box::new(sparse),
        };
        tensor.downcast::<Tensor<D>>().map(|tensor| *tensor).map_err(|_| {
            ModelError::Input(format!("a batch of shape {shape:?} has {} axes, expected {D}", shape.len()))
        })
    }

    /// Returns the integers, `[batch, steps]`.
    ///
    /// # Errors
    /// Returns [`ModelError::Input`] if the value does not hold integers.
    pub fn integers(self) -> Result<Tensor<2, Int>, ModelError> {
        match self {
            Self::Integers(integers) => Ok(integers),
            other => Err(ModelError::Input(format!(
                "a batch of shape {:?} does not hold integers: give ids or class indices",
                other.shape()
            ))),
        }
    }

    /// Returns the value as dense floats: integers become `[batch, steps]` floats.
    pub fn numbers(self) -> Self {
        match self {
            Self::Integers(integers) => Self::Rank2(integers.float()),
            Self::Sparse(sparse) => {
                let vectors = sparse.dense();
                match *sparse.shape().as_slice() {
                    [batch, height, width, channels] => {
                        Self::Rank4(vectors.reshape([batch, height, width, channels]))
                    }
                    [batch, steps, features] => Self::Rank3(vectors.reshape([batch, steps, features])),
                    _ => Self::Rank2(vectors),
                }
            }
            dense => dense,
        }
    }

    /// Returns the samples at `positions`.
    ///
    /// Sparse values become dense first. To gather sparse samples, select them on the host, which is faster.
    pub fn select(self, positions: Tensor<1, Int>) -> Self {
        match self {
            Self::Integers(integers) => Self::Integers(integers.select(0, positions)),
            other => map_tensor!(other.numbers(), tensor => tensor.select(0, positions)),
        }
    }

    /// Applies `function` to the value's rows, `[batch * ..., last axis]`, and restores the shape. The function must
    /// keep the number of rows and columns.
    pub fn map_rows(self, function: impl FnOnce(Tensor<2>) -> Tensor<2>) -> Self {
        match self.numbers() {
            Self::Rank3(tensor) => {
                let shape = tensor.dims();
                Self::Rank3(function(tensor.flatten(0, 1)).reshape(shape))
            }
            Self::Rank4(tensor) => {
                let shape = tensor.dims();
                Self::Rank4(function(tensor.flatten(0, 2)).reshape(shape))
            }
            other => Self::Rank2(function(other.rows())),
        }
    }

    /// Returns each step or pixel as a row, `[batch * ..., last axis]`. Vectors are unchanged.
    pub fn rows(self) -> Tensor<2> {
        match self.numbers() {
            Self::Rank2(tensor) => tensor,
            Self::Rank3(tensor) => tensor.flatten(0, 1),
            Self::Rank4(tensor) => tensor.flatten(0, 2),
            Self::Integers(integers) => integers.float(),
            Self::Sparse(sparse) => sparse.dense(),
        }
    }

    /// Returns each sample as a sequence, `[batch, steps, last axis]`. A vector is one step; the pixels of an image are
    /// steps, row by row.
    pub fn steps(self) -> Tensor<3> {
        match self.numbers() {
            Self::Rank3(tensor) => tensor,
            Self::Rank4(tensor) => tensor.flatten(1, 2),
            other => other.rows().unsqueeze_dim(1),
        }
    }

    /// Returns each sample as a vector, `[batch, features]`.
    pub fn flatten(self) -> Tensor<2> {
        match self {
            Self::Sparse(sparse) => sparse.dense(),
            Self::Rank3(tensor) => tensor.flatten(1, 2),
            Self::Rank4(tensor) => tensor.flatten(1, 3),
            other => other.rows(),
        }
    }

    /// Returns the value with autodiff enabled, without requiring a gradient. Burn's layers run in training mode only
    /// with autodiff.
    pub fn autodiff(self) -> Self {
        match self {
            Self::Integers(integers) => Self::Integers(Tensor::from_inner(integers)),
            Self::Sparse(sparse) => {
                let device = sparse.device().clone().autodiff();
                Self::Sparse(sparse.on(device))
            }
            other => map_tensor!(other, tensor => Tensor::from_inner(tensor)),
        }
    }

    /// Returns the value without its autodiff graph.
    pub fn inner(self) -> Self {
        match self {
            Self::Integers(integers) => Self::Integers(integers.inner()),
            Self::Sparse(sparse) => {
                let device = sparse.device().clone().without_autodiff();
                Self::Sparse(sparse.on(device))
            }
            other => map_tensor!(other, tensor => tensor.inner()),
        }
    }
}

fn no_batch(shape: &[usize]) -> ModelError {
    ModelError::Input(format!("a batch of shape {shape:?}: 1 to {} axes are supported", Value::MAX_RANK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_reverses_autodiff_for_all_kinds() {
        let device = Device::flex();
        let integers = Value::Integers(Tensor::from_data([[1, 2]], &device));
        for value in [integers, Value::Rank2(Tensor::zeros([1, 2], &device))] {
            let on = |value: &Value| match value {
                Value::Integers(integers) => integers.device(),
                Value::Rank2(tensor) => tensor.device(),
                other => panic!("{other:?}"),
            };
            assert_eq!(on(&value.clone().autodiff()), device.clone().autodiff());
            assert_eq!(on(&value.clone().autodiff().inner()), device);
            assert_eq!(on(&value.inner()), device);
        }
    }
}
