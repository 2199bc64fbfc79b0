//! A kernel as an operation of the CPU backend `flex`.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use burn::{
    backend::{
        Autodiff, Flex,
        autodiff::{
            checkpoint::{base::Checkpointer, strategy::NoCheckpointing},
            grads::Gradients,
            ops::{Backward as BurnBackward, Ops, OpsKind},
        },
        flex::FlexTensor,
        tensor::FloatTensor,
    },
    tensor::{DType, Shape, Tensor, TensorData},
};
use kindling_data::SparseRows;

use super::{AnyTensor, Given, MOST_TENSORS, Outer};
use crate::{
    cpu::Memory,
    kernel::{Backward, Forward, Input, Kernel},
    update::OuterGradient,
};

type Tracked = FloatTensor<Autodiff<Flex>>;

/// As [`apply`](super::apply()).
pub(super) fn apply<const D: usize>(
    kernel: Arc<dyn Kernel>,
    given: Given,
    weights: Vec<AnyTensor>,
    shape: [usize; D],
) -> Tensor<D> {
    let batch = shape[0];
    let (input, given) = match given {
        Given::Dense(tensor) => (Some(*tensor), Saved::Dense),
        Given::Sparse(rows, outer) => (None, Saved::Sparse(rows, outer)),
    };
    let tensors = input.into_iter().chain(weights).map(|tensor| Tensor::<1>::from_dispatch(tensor.0));
    let tensors: Vec<Tensor<1>> = tensors.collect();
    let mut call = Call { kernel, batch, given, tensors: Vec::new(), shape: Shape::from(shape) };
    if !tensors.iter().any(Tensor::is_tracked) {
        let autodiff = tensors.iter().any(Tensor::is_autodiff);
        call.tensors = tensors.into_iter().map(plain).map(primitive).collect();
        let (output, _) = call.forward(false);
        let output = Tensor::from_primitive::<Flex>(output);
        return if autodiff { Tensor::from_inner(output) } else { output };
    }
    let tracked = |tensor: Tensor<1>| match tensor.is_autodiff() {
        true => tensor,
        false => Tensor::from_inner(tensor),
    };
    let tensors = tensors.into_iter().map(tracked).map(|tensor| {
        let tensor = tensor.try_into_primitive::<Autodiff<Flex>>();
        tensor.expect("kernels are applied on the backend flex only")
    });
    let tensors: Vec<Tracked> = tensors.collect();
    Tensor::from_primitive::<Autodiff<Flex>>(track(call, tensors))
}

/// As [`with_values`](super::with_values).
pub(super) fn with_values<const D: usize>(tensor: Tensor<D>, change: impl FnOnce(&mut [f32])) -> Tensor<D> {
    let (is_autodiff, requires_gradient) = (tensor.is_autodiff(), tensor.is_require_grad());
    let mut values =
        exclusive(plain(tensor).try_into_primitive::<Flex>().expect("the tensor is on the backend flex"));
    change(values.storage_mut());
    let tensor = Tensor::from_primitive::<Flex>(values);
    match (is_autodiff, requires_gradient) {
        (true, true) => Tensor::from_inner(tensor).require_grad(),
        (true, false) => Tensor::from_inner(tensor),
        (false, _) => tensor,
    }
}

/// Returns the tensor in memory that holds nothing else. It is copied only if it is a view of a larger one.
fn exclusive(tensor: FlexTensor) -> FlexTensor {
    assert_eq!(tensor.dtype(), DType::F32, "kernels take f32");
    match tensor.as_slice::<f32>() {
        Some(values) if values.len() == tensor.storage::<f32>().len() => tensor,
        _ => FlexTensor::from_data(tensor.into_data()),
    }
}

/// A weight in the host's memory.
#[derive(Clone, Debug)]
pub(super) struct Weight(FlexTensor);

impl Weight {
    pub fn new(tensor: AnyTensor) -> Option<Self> {
        let tensor = plain(Tensor::<1>::from_dispatch(tensor.0))
            .try_into_primitive::<Flex>()
            .ok()
            .filter(|tensor| tensor.dtype() == DType::F32)?;
        Some(Self(contiguous(tensor)))
    }

    pub fn values(&self) -> &[f32] {
        values(&self.0)
    }
}

/// Returns the tensor without its autodiff history.
fn plain<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    if tensor.is_autodiff() { tensor.inner() } else { tensor }
}

fn primitive(tensor: Tensor<1>) -> FlexTensor {
    contiguous(tensor.try_into_primitive::<Flex>().expect("kernels are applied on the backend flex only"))
}

/// Returns the tensor in memory that holds its values in order.
fn contiguous(tensor: FlexTensor) -> FlexTensor {
    assert_eq!(tensor.dtype(), DType::F32, "kernels take f32");
    if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() }
}

fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().expect("tensors were made contiguous")
}

/// The batch, but for a dense one, which is the first of a call's tensors.
#[derive(Clone)]
enum Saved {
    Dense,
    Sparse(Arc<SparseRows>, Option<Outer>),
}

/// A kernel with its arguments.
#[derive(Clone)]
struct Call {
    kernel: Arc<dyn Kernel>,
    batch: usize,
    given: Saved,
    /// A dense input, then the weights.
    tensors: Vec<FlexTensor>,
    shape: Shape,
}

impl Call {
    fn arguments(&self) -> (Input<'_>, Vec<&[f32]>) {
        let mut tensors = self.tensors.iter().map(values);
        let input = match &self.given {
            Saved::Dense => Input::Dense(tensors.next().unwrap_or_default()),
            Saved::Sparse(rows, _) => Input::Sparse(rows),
        };
        (input, tensors.collect())
    }

    /// Returns the output, and the kernel's memory.
    fn forward(&self, training: bool) -> (FlexTensor, Memory) {
        let mut output = vec![0.0; self.batch * self.kernel.outputs()];
        let mut memory = Memory::of(self.kernel.memory(self.batch, training));
        let (input, weights) = self.arguments();
        self.kernel.forward(Forward {
            batch: self.batch,
            input,
            weights: &weights,
            output: &mut output,
            memory: &mut memory,
            training,
        });
        (FlexTensor::from_data(TensorData::new(output, self.shape.clone())), memory)
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kernel.fmt(f)
    }
}

/// Registers the operation with as many parents as it has tensors, a number that Burn wants to know at compile time.
fn track(call: Call, tensors: Vec<Tracked>) -> Tracked {
    macro_rules! by_count {
        ($($count:literal)*) => {
            match tensors.len() {
                $($count => track_all::<$count>(call, tensors),)*
                count => panic!("an operation depends on {count} tensors, at most {MOST_TENSORS} can be tracked"),
            }
        };
    }
    by_count!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24)
}

fn track_all<const N: usize>(mut call: Call, tensors: Vec<Tracked>) -> Tracked {
    let nodes = <[_; N]>::try_from(tensors.iter().map(Tracked::node).collect::<Vec<_>>());
    let nodes = nodes.expect("there are N tensors");
    call.tensors = tensors.into_iter().map(|tensor| contiguous(tensor.into_primitive())).collect();
    match Differentiate.prepare::<NoCheckpointing>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(operation) => {
            let (output, memory) = call.forward(true);
            let memory = Arc::new(Mutex::new(memory));
            operation.finish(State { call, output: output.clone(), memory }, output)
        }
        OpsKind::UnTracked(operation) => operation.finish(call.forward(false).0),
    }
}

/// What the backward pass needs.
#[derive(Clone, Debug)]
struct State {
    call: Call,
    output: FlexTensor,
    memory: Arc<Mutex<Memory>>,
}

#[derive(Debug)]
struct Differentiate;

impl<const N: usize> BurnBackward<Flex, N> for Differentiate {
    type State = State;

    fn backward(self, ops: Ops<State, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let State { call, output, memory } = ops.state;
        let mut output_gradient = exclusive(gradients.consume::<Flex>(&ops.node));
        let outer = match &call.given {
            Saved::Sparse(rows, Some(outer)) => call.kernel.outer_units().map(|units| (rows, outer, units)),
            _ => None,
        };
        // A kernel that is frozen has no gradient in any form.
        let outer = outer.filter(|_| ops.parents[0].is_some());
        let gradient_of = |(index, (tensor, parent)): (usize, (&FlexTensor, &Option<_>))| {
            let is_wanted = parent.is_some() && (index > 0 || outer.is_none());
            is_wanted.then(|| vec![0.0; values(tensor).len()])
        };
        let tensors = call.tensors.iter().zip(&ops.parents).enumerate();
        let mut of_tensors: Vec<Option<Vec<f32>>> = tensors.map(gradient_of).collect();
        let mut of_outputs = Vec::new();
        let (input, weights) = call.arguments();
        let mut slots = of_tensors.iter_mut().map(|gradient| gradient.as_deref_mut());
        let input_gradient = match call.given {
            Saved::Dense => slots.next().flatten(),
            Saved::Sparse(..) => None,
        };
        call.kernel.backward(Backward {
            batch: call.batch,
            input,
            weights: &weights,
            output: values(&output),
            memory: &mut memory.lock().unwrap_or_else(PoisonError::into_inner),
            output_gradient: output_gradient.storage_mut(),
            input_gradient,
            weight_gradients: slots.collect(),
            outer: outer.is_some().then_some(&mut of_outputs),
        });
        if let Some((rows, Outer { parameter, gradients }, units)) = outer {
            gradients.push(*parameter, OuterGradient { rows: rows.clone(), of_outputs, units });
        }
        for ((gradient, parent), tensor) in of_tensors.into_iter().zip(ops.parents).zip(&call.tensors) {
            if let (Some(gradient), Some(parent)) = (gradient, parent) {
                let data = TensorData::new(gradient, tensor.layout().shape().clone());
                gradients.register::<Flex>(parent.id, FlexTensor::from_data(data));
            }
        }
    }
}
