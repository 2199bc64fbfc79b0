//! Consecutive layers as one operation on the CPU.

use std::sync::Arc;

use burn::{
    module::ParamId,
    tensor::{DType, Int, Tensor},
};
use kindling_data::SparseRows;
use kindling_ops::{
    AnyTensor, Bound, Given, MOST_TENSORS, apply, can_apply,
    kernel::Kernel,
    kernels::{self, Activation, Layer, Stack},
};

use super::network::Place;
use crate::{
    Pass, Value,
    activations::Softmax,
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

/// The kernels of consecutive layers.
struct Kernels<'a> {
    stack: Vec<Layer>,
    weights: Vec<AnyTensor>,
    /// The parameter that the first weight is the value of, see [`LayerKernel`](crate::layers::LayerKernel).
    parameter: Option<ParamId>,
    /// The shape of a sample of the output.
    shape: &'a [usize],
    layers: usize,
    activated: bool,
}

impl<'a> Kernels<'a> {
    /// Collects the kernels of as many of `layers` as have one, from the first on. `input` is the shape of one sample. The
    /// last layer's activation is left out unless `activates`.
    fn of(
        layers: &[(&BoxedLayer, &'a Place)],
        batch: usize,
        input: &'a [usize],
        pass: &Pass,
        activates: bool,
    ) -> Self {
        let (stack, weights) = (Vec::new(), Vec::new());
        let mut kernels = Self { stack, weights, parameter: None, shape: input, layers: 0, activated: true };
        let frozen = Pass::inference();
        for (index, (layer, place)) in layers.iter().enumerate() {
            let activation = Some(&place.activation).filter(|_| activates || index + 1 < layers.len());
            let own = activation.and_then(|activation| activation.kernel());
            let layer = layer.kernel(KernelCall {
                batch,
                input: kernels.shape,
                activation: own.unwrap_or(Activation::Linear),
                pass: place.pass(layer, pass, &frozen),
            });
            let Some(layer) =
                layer.filter(|layer| kernels.weights.len() + layer.weights.len() < MOST_TENSORS)
            else {
                break;
            };
            if let Some(kernel) = layer.kernel {
                if kernels.stack.is_empty() {
                    kernels.parameter = layer.parameter;
                }
                kernels.stack.push(Layer { kernel, weights: layer.weights.len() });
                kernels.weights.extend(layer.weights);
            }
            kernels.shape = &place.output;
            kernels.layers = index + 1;
            kernels.activated = own.is_some();
            if activation.is_some_and(|activation| activation.is::<Softmax>())
                && let Some((units, rows)) = place.output.split_last()
            {
                let rows = rows.iter().product();
                kernels
                    .stack
                    .push(Layer { kernel: Arc::new(kernels::Softmax { rows, units: *units }), weights: 0 });
                kernels.activated = true;
            }
            if !kernels.activated {
                break;
            }
        }
        kernels
    }

    /// Returns the kernels as one; `None` if there are none.
    fn kernel(mut self) -> Option<(Arc<dyn Kernel>, Vec<AnyTensor>)> {
        let kernel = match self.stack.len() {
            0 => return None,
            1 => self.stack.swap_remove(0).kernel,
            _ => Arc::new(Stack::new(self.stack)),
        };
        Some((kernel, self.weights))
    }
}

/// Returns all layers as one kernel with their weights, last activation included, for predictions on the CPU; `None` if a
/// layer has no kernel.
pub(super) fn whole(layers: &[(&BoxedLayer, &Place)], input_shape: &[usize]) -> Option<Bound> {
    let kernels = Kernels::of(layers, 1, input_shape, &Pass::inference(), true);
    let (kernel, weights) =
        Some(kernels).filter(|own| own.layers == layers.len() && own.activated)?.kernel()?;
    Bound::new(kernel, weights)
}

/// Runs as many of `layers` as have kernels, from the first on, as one operation. `input_shape` is that of one sample, and
/// `ids_below` the number of ids if the first layer takes ids. The activation of the last layer is left out. Returns
/// `None` if the first layer has no kernel, or the batch is not on the CPU.
pub(super) fn run(
    layers: &[(&BoxedLayer, &Place)],
    input_shape: &[usize],
    input: &Value,
    pass: &Pass,
    ids_below: Option<usize>,
) -> Option<Fused> {
    if ids_below.is_some() && !matches!(input, Value::Integers(_)) {
        return None;
    }
    let given = given(input, ids_below)?;
    let batch = input.shape()[0];
    let kernels = Kernels::of(layers, batch, input_shape, pass, false);
    let (shape, layers, activated, parameter) =
        (kernels.shape, kernels.layers, kernels.activated, kernels.parameter);
    let (kernel, weights) = kernels.kernel()?;
    let given = match given {
        Given::Sparse(rows, _) if kernel.takes_sparse() => {
            Given::Sparse(rows, parameter.and_then(|parameter| pass.outer(parameter)))
        }
        Given::Sparse(..) => self::given(&input.clone().numbers(), None)?,
        dense => dense,
    };
    let output = match *shape {
        [units] => Value::Rank2(apply(kernel, given, weights, [batch, units])),
        [steps, features] => Value::Rank3(apply(kernel, given, weights, [batch, steps, features])),
        [height, width, channels] => {
            Value::Rank4(apply(kernel, given, weights, [batch, height, width, channels]))
        }
        _ => return None,
    };
    Some(Fused { output, layers, activated })
}

/// The batch as kernels take it, if it is on the CPU.
fn given(input: &Value, ids_below: Option<usize>) -> Option<Given> {
    fn dense<const D: usize>(tensor: &Tensor<D>) -> Option<Given> {
        (tensor.dtype() == DType::F32 && can_apply(&tensor.device()))
            .then(|| Given::Dense(Box::new(tensor.clone().into())))
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
