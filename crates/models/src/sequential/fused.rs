//! Fusion of consecutive layers into one CPU operation.

use std::sync::Arc;

use burn::{
    module::ParamId,
    tensor::{DType, Int, Tensor},
};
use kindling_data::SparseRows;
use kindling_ops::{
    AnyTensor, Bound, ForwardPass, Given, KernelGradients, MOST_TENSORS, Outer, apply, can_apply,
    kernel::Kernel,
    kernels::{self, Activation, Layer, Stack},
};

use super::network::Place;
use crate::{
    ModelError, Pass, Value,
    activations::Softmax,
    layers::{BoxedLayer, KernelCall, KernelWeight},
};

/// The result of running the first layers of a network as one operation.
pub(super) struct Fused {
    /// The output of the last of these layers.
    pub output: Value,
    /// Number of layers.
    pub layers: usize,
    /// Whether the output's activation has been applied.
    pub activated: bool,
}

/// The kernels of consecutive layers.
struct Kernels<'a> {
    stack: Vec<Layer>,
    weights: Vec<KernelWeight>,
    /// Whether each weight is trained.
    trained: Vec<bool>,
    /// The shape of a sample of the output.
    shape: &'a [usize],
    layers: usize,
    activated: bool,
}

impl<'a> Kernels<'a> {
    /// Collects the kernels of the first layers, up to a layer without a kernel. `input` is the shape of one sample.
    /// The last activation of the network is included only if `activates`.
    fn of(
        layers: &[(&BoxedLayer, &'a Place)],
        batch: usize,
        input: &'a [usize],
        pass: &Pass,
        activates: bool,
    ) -> Self {
        let (stack, weights, trained) = (Vec::new(), Vec::new(), Vec::new());
        let mut kernels = Self { stack, weights, trained, shape: input, layers: 0, activated: true };
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
                kernels.trained.resize(kernels.weights.len() + layer.weights.len(), place.trainable);
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

    /// Returns the kernels as one kernel, or `None` if there are none.
    fn kernel(&mut self) -> Option<Arc<dyn Kernel>> {
        match self.stack.len() {
            0 => None,
            1 => Some(self.stack.swap_remove(0).kernel),
            _ => Some(Arc::new(Stack::new(std::mem::take(&mut self.stack)))),
        }
    }

    /// Returns the values of the weights.
    fn values(self) -> Vec<AnyTensor> {
        self.weights.into_iter().map(|weight| weight.value).collect()
    }
}

/// Returns all layers as one kernel with their weights, last activation included, for predictions on the CPU, or
/// `None` if a layer has no kernel.
pub(super) fn whole(layers: &[(&BoxedLayer, &Place)], input_shape: &[usize]) -> Option<Bound> {
    let kernels = Kernels::of(layers, 1, input_shape, &Pass::inference(), true);
    let mut kernels = Some(kernels).filter(|own| own.layers == layers.len() && own.activated)?;
    Bound::new(kernels.kernel()?, kernels.values())
}

/// Returns the number of units of the first layer, if its kernel multiplies sparse samples with its weights.
pub(super) fn sparse_units(layers: &[(&BoxedLayer, &Place)], input_shape: &[usize]) -> Option<usize> {
    Kernels::of(layers, 1, input_shape, &Pass::inference(), false).kernel()?.outer_units()
}

/// Runs the first layers, up to a layer without a kernel, as one operation. `input_shape` is the shape of one sample,
/// and `given` the input in the form that kernels take. The activation of the last layer is not applied. Returns `None`
/// if the first layer has no kernel.
pub(super) fn run(
    layers: &[(&BoxedLayer, &Place)],
    input_shape: &[usize],
    input: &Value,
    pass: &Pass,
    given: Given,
) -> Option<Fused> {
    let batch = input.shape()[0];
    let mut kernels = Kernels::of(layers, batch, input_shape, pass, false);
    let (shape, layers, activated) = (kernels.shape, kernels.layers, kernels.activated);
    let kernel = kernels.kernel()?;
    let outer = kernels.weights.first().and_then(|weight| pass.outer(weight.parameter));
    let given = taken(given, &*kernel, input, outer)?;
    let outputs = kernel.outputs();
    let output = apply(kernel, given, kernels.values(), [batch, outputs]);
    let output = of_shape(output, shape)?;
    Some(Fused { output, layers, activated })
}

/// The forward pass of a training step without an autodiff graph.
#[derive(Debug)]
pub struct KernelPass {
    pass: ForwardPass,
    parameters: Vec<ParamId>,
    trained: Vec<bool>,
}

impl KernelPass {
    /// Runs all layers as [`run`] does, or returns `None`.
    pub(super) fn run(
        layers: &[(&BoxedLayer, &Place)],
        input_shape: &[usize],
        input: &Value,
        pass: &Pass,
        given: Given,
    ) -> Option<(Self, Value)> {
        let batch = input.shape()[0];
        let kernels = Kernels::of(layers, batch, input_shape, pass, false);
        let mut kernels = Some(kernels).filter(|own| own.layers == layers.len())?;
        let kernel = kernels.kernel()?;
        let given = taken(given, &*kernel, input, None)?;
        let parameters = kernels.weights.iter().map(|weight| weight.parameter).collect();
        let (shape, trained) = (kernels.shape, std::mem::take(&mut kernels.trained));
        let outputs = kernel.outputs();
        let (pass, output) = ForwardPass::run(kernel, given, kernels.values(), [batch, outputs])?;
        let output = of_shape(output, shape)?;
        Some((Self { pass, parameters, trained }, output))
    }

    /// Returns the ids of the parameters and the gradients with respect to them, given the gradient with respect to
    /// the output, `[batch * outputs]`. Frozen layers have no gradients.
    pub fn backward(self, output_gradient: &mut [f32]) -> (Vec<ParamId>, KernelGradients) {
        (self.parameters, self.pass.backward(output_gradient, &self.trained, false))
    }
}

/// Returns the output, `[batch, values]`, as a batch of samples of this shape.
fn of_shape(output: Tensor<2>, shape: &[usize]) -> Option<Value> {
    let batch = output.dims()[0];
    Some(match *shape {
        [_] => Value::Rank2(output),
        [steps, features] => Value::Rank3(output.reshape([batch, steps, features])),
        [height, width, channels] => Value::Rank4(output.reshape([batch, height, width, channels])),
        _ => return None,
    })
}

/// Returns the batch in the form that the kernel takes.
fn taken(given: Given, kernel: &dyn Kernel, input: &Value, outer: Option<Outer>) -> Option<Given> {
    match given {
        Given::Sparse(rows, _) if kernel.takes_sparse() => Some(Given::Sparse(rows, outer)),
        Given::Sparse(..) => dense(&input.clone().numbers()),
        dense => Some(dense),
    }
}

/// Returns the batch in the form that kernels take, or `None` if it is not on the CPU. `ids_below` is the size of the
/// vocabulary of a first layer that takes ids, which requires integers.
///
/// # Errors
/// Returns [`ModelError::Input`] if an id is not in the vocabulary.
pub(super) fn given(input: &Value, ids_below: Option<usize>) -> Result<Option<Given>, ModelError> {
    Ok(match (input, ids_below) {
        (Value::Integers(ids), Some(below)) if can_apply(&ids.device()) => {
            Some(Given::Sparse(Arc::new(one_hot(ids, below)?), None))
        }
        (_, Some(_)) => None,
        (Value::Sparse(sparse), None) => {
            can_apply(sparse.device()).then(|| Given::Sparse(sparse.rows().clone(), None))
        }
        (input, None) => dense(input),
    })
}

/// Returns a batch of floats in the form that kernels take, if it is on the CPU.
fn dense(input: &Value) -> Option<Given> {
    fn of<const D: usize>(tensor: &Tensor<D>) -> Option<Given> {
        (tensor.dtype() == DType::F32 && can_apply(&tensor.device()))
            .then(|| Given::Dense(Box::new(tensor.clone().into())))
    }
    match input {
        Value::Rank2(tensor) => of(tensor),
        Value::Rank3(tensor) => of(tensor),
        Value::Rank4(tensor) => of(tensor),
        Value::Integers(_) | Value::Sparse(_) => None,
    }
}

/// Returns each id as a one-hot row.
fn one_hot(ids: &Tensor<2, Int>, ids_below: usize) -> Result<SparseRows, ModelError> {
    let ids = ids.to_data().convert::<i32>().try_into_vec::<i32>().expect("ids were converted to i32");
    let column = |id: i32| {
        let column = u32::try_from(id).ok().filter(|column| (*column as usize) < ids_below);
        column.ok_or_else(|| {
            ModelError::Input(format!(
                "the id {id} is not below the size of the vocabulary, {ids_below}: limit the vocabulary, or enlarge the \
                 embedding"
            ))
        })
    };
    Ok(SparseRows::one_hot(ids.into_iter().map(column).collect::<Result<_, _>>()?, ids_below))
}
