//! Consecutive layers as one operation on the CPU.

use std::sync::Arc;

use burn::tensor::{DType, Int, Tensor};
use kindling_data::SparseRows;
use kindling_ops::{
    AnyTensor, Given, MOST_TENSORS, apply, can_apply,
    kernels::{Activation, Layer, Stack},
};

use super::network::Place;
use crate::{
    Pass, Value,
    layers::{BoxedLayer, KernelCall},
};

/// What the first layers of a run have become.
pub(super) struct Fused {
    /// The output of the last of them.
    pub output: Value,
    /// How many they are.
    pub layers: usize,
    /// Whether the activation of the last of them has been applied.
    pub activated: bool,
}

/// Runs as many of `layers` as have kernels, from the first on, as one operation. `input_shape` is that of one sample,
/// and `ids_below` the number of ids if the first layer takes ids. The activation of the last layer is left out. Returns `None` if the
/// first layer has no kernel, or the batch is not on the CPU.
pub(super) fn run(
    layers: &[(&BoxedLayer, &Place)],
    input_shape: &[usize],
    input: &Value,
    pass: &Pass,
    ids_below: Option<usize>,
) -> Option<Fused> {
    let mut given = given(input, ids_below)?;
    let batch = input.shape()[0];
    let (mut stack, mut weights) = (Vec::new(), Vec::<AnyTensor>::new());
    let (mut ran, mut activated) = (0, true);
    let mut shape = input_shape;
    for (index, (layer, place)) in layers.iter().enumerate() {
        let is_last = index + 1 == layers.len();
        let activation = match is_last {
            true => None,
            false => place.activation.kernel(),
        };
        let frozen = Pass::inference();
        let own = layer.kernel(KernelCall {
            batch,
            input: shape,
            activation: activation.unwrap_or(Activation::Linear),
            pass: place.pass(layer, pass, &frozen),
        });
        let Some(own) = own else { break };
        if weights.len() + own.weights.len() + 1 > MOST_TENSORS {
            break;
        }
        if let Some(kernel) = own.kernel {
            if let (Given::Sparse(_, outer), true) = (&mut given, stack.is_empty()) {
                *outer = own.parameter.and_then(|parameter| pass.outer(parameter));
            }
            stack.push(Layer { kernel, weights: own.weights.len() });
            weights.extend(own.weights);
        }
        ran = index + 1;
        shape = &place.output;
        activated = activation.is_some();
        if !activated {
            break;
        }
    }
    let first = stack.first()?;
    let given = match given {
        Given::Sparse(..) if !first.kernel.takes_sparse() => self::given(&input.clone().numbers(), None)?,
        given => given,
    };
    let kernel = match stack.len() {
        1 => stack.swap_remove(0).kernel,
        _ => Arc::new(Stack::new(stack)),
    };
    let output = match *shape {
        [units] => Value::Rank2(apply(kernel, given, weights, [batch, units])),
        [steps, features] => Value::Rank3(apply(kernel, given, weights, [batch, steps, features])),
        [height, width, channels] => {
            Value::Rank4(apply(kernel, given, weights, [batch, height, width, channels]))
        }
        _ => return None,
    };
    Some(Fused { output, layers: ran, activated })
}

/// The batch as kernels take it, if it is on the CPU.
fn given(input: &Value, ids_below: Option<usize>) -> Option<Given> {
    fn dense<const D: usize>(tensor: &Tensor<D>) -> Option<Given> {
        (tensor.dtype() == DType::F32 && can_apply(&tensor.device()))
            .then(|| Given::Dense(tensor.clone().into()))
    }
    match input {
        Value::Rank2(tensor) => dense(tensor),
        Value::Rank3(tensor) => dense(tensor),
        Value::Rank4(tensor) => dense(tensor),
        Value::Sparse(sparse) => {
            can_apply(sparse.device()).then(|| Given::Sparse(sparse.rows().clone(), None))
        }
        Value::Integers(ids) if can_apply(&ids.device()) => {
            Some(Given::Sparse(Arc::new(one_hot(ids, ids_below?)), None))
        }
        Value::Integers(_) => None,
    }
}

/// Each id as a row with a one in its column.
fn one_hot(ids: &Tensor<2, Int>, ids_below: usize) -> SparseRows {
    let columns: Vec<u32> = ids.to_data().iter::<i32>().map(|id| id as u32).collect();
    SparseRows::new((0..=columns.len() as u32).collect(), columns, None, vec![ids_below])
}
