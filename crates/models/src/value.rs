//! What flows between layers.

use burn::tensor::{Device, Int, Tensor, TensorData};

/// A batch on its way through a network: a tensor whose rank is known at run time. The first axis is the batch.
#[derive(Clone, Debug)]
pub enum Value {
    /// Vectors, `[batch, features]`.
    Rank2(Tensor<2>),
    /// Sequences, `[batch, steps, features]`.
    Rank3(Tensor<3>),
    /// Images, `[batch, height, width, channels]`.
    Rank4(Tensor<4>),
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

/// Runs the same expression on the tensor of whichever rank.
macro_rules! on_tensor {
    ($value:expr, $tensor:ident => $body:expr) => {
        match $value {
            $crate::Value::Rank2($tensor) => $body,
            $crate::Value::Rank3($tensor) => $body,
            $crate::Value::Rank4($tensor) => $body,
        }
    };
}

/// Replaces the tensor by an expression of the same rank.
macro_rules! map_tensor {
    ($value:expr, $tensor:ident => $body:expr) => {
        match $value {
            $crate::Value::Rank2($tensor) => $crate::Value::Rank2($body),
            $crate::Value::Rank3($tensor) => $crate::Value::Rank3($body),
            $crate::Value::Rank4($tensor) => $crate::Value::Rank4($body),
        }
    };
}

pub(crate) use map_tensor;

impl Value {
    /// Moves `f32` data of shape `[batch, ...]` to the device. Samples of one number each become `[batch, 1]`.
    ///
    /// # Panics
    /// When the data has no axis, or more than four; [`MAX_RANK`](Self::MAX_RANK) is checked where networks are built.
    pub fn from_data(data: TensorData, device: &Device) -> Self {
        match data.shape().as_slice() {
            [batch] => Self::Rank2(Tensor::<1>::from_data(data.clone(), device).reshape([*batch, 1])),
            [_, _] => Self::Rank2(Tensor::from_data(data, device)),
            [_, _, _] => Self::Rank3(Tensor::from_data(data, device)),
            [_, _, _, _] => Self::Rank4(Tensor::from_data(data, device)),
            shape => panic!("a batch of shape {shape:?}; at most {} axes are supported", Self::MAX_RANK),
        }
    }

    /// The most axes a value can have, the batch included.
    pub const MAX_RANK: usize = 4;

    /// `[batch, ...]`.
    pub fn shape(&self) -> Vec<usize> {
        on_tensor!(self, tensor => tensor.dims().to_vec())
    }

    /// The samples at `positions`.
    pub fn select(self, positions: Tensor<1, Int>) -> Self {
        map_tensor!(self, tensor => tensor.select(0, positions))
    }

    /// Every step or pixel in a row of its own: `[batch * ..., last axis]`; vectors as they are.
    pub fn rows(self) -> Tensor<2> {
        match self {
            Self::Rank2(tensor) => tensor,
            Self::Rank3(tensor) => tensor.flatten(0, 1),
            Self::Rank4(tensor) => tensor.flatten(0, 2),
        }
    }

    /// Each sample as a sequence: `[batch, steps, last axis]`. A vector is one step, and a pixel another, row by row.
    pub fn steps(self) -> Tensor<3> {
        match self {
            Self::Rank2(tensor) => tensor.unsqueeze_dim(1),
            Self::Rank3(tensor) => tensor,
            Self::Rank4(tensor) => tensor.flatten(1, 2),
        }
    }

    /// Everything but the batch axis laid out in one row a sample: `[batch, features]`.
    pub fn flatten(self) -> Tensor<2> {
        match self {
            Self::Rank2(tensor) => tensor,
            Self::Rank3(tensor) => tensor.flatten(1, 2),
            Self::Rank4(tensor) => tensor.flatten(1, 3),
        }
    }
}
