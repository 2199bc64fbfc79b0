//! A kernel as an operation of the CPU backend `flex`.

use std::sync::{Arc, Mutex, PoisonError};

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
    tensor::{DType, Tensor, TensorData},
};

use super::{
    AnyTensor, Given, MOST_TENSORS, Outer,
    call::{Call, Saved, Slots, contiguous, plain, primitive, values},
};
use crate::{
    cpu::Memory,
    kernel::{Kernel, OuterValues},
    update::OuterGradient,
};

type Tracked = FloatTensor<Autodiff<Flex>>;

/// Implements [`apply`](super::apply()).
pub(super) fn apply<const D: usize>(
    kernel: Arc<dyn Kernel>,
    given: Given,
    weights: Vec<AnyTensor>,
    shape: [usize; D],
) -> Tensor<D> {
    const ELSEWHERE: &str = "kernels can only be applied to f32 tensors on the backend flex";
    let (mut call, tensors) = Call::new(kernel, given, weights, shape);
    if !tensors.iter().any(Tensor::is_tracked) {
        let autodiff = tensors.iter().any(Tensor::is_autodiff);
        call.tensors = tensors.into_iter().map(|tensor| primitive(plain(tensor)).expect(ELSEWHERE)).collect();
        let output = Tensor::from_primitive::<Flex>(call.infer());
        return if autodiff { Tensor::from_inner(output) } else { output };
    }
    let tracked = |tensor: Tensor<1>| match tensor.is_autodiff() {
        true => tensor,
        false => Tensor::from_inner(tensor),
    };
    let tensors = tensors.into_iter().map(tracked);
    let tensors = tensors.map(|tensor| tensor.try_into_primitive::<Autodiff<Flex>>().expect(ELSEWHERE));
    let tensors: Vec<Tracked> = tensors.collect();
    Tensor::from_primitive::<Autodiff<Flex>>(track(call, tensors))
}

/// Implements [`with_values`](super::with_values).
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

/// Returns the tensor without other data in its storage, copied only if it is a view of a larger tensor.
fn exclusive(tensor: FlexTensor) -> FlexTensor {
    assert_eq!(tensor.dtype(), DType::F32, "kernels take f32");
    match tensor.as_slice::<f32>() {
        Some(values) if values.len() == tensor.storage::<f32>().len() => tensor,
        _ => FlexTensor::from_data(tensor.into_data()),
    }
}

/// A weight in host memory.
#[derive(Clone, Debug)]
pub(super) struct Weight(FlexTensor);

impl Weight {
    pub fn new(tensor: AnyTensor) -> Option<Self> {
        primitive(plain(Tensor::<1>::from_dispatch(tensor.0))).map(Self)
    }

    pub fn values(&self) -> &[f32] {
        values(&self.0)
    }
}

/// Registers the operation with one parent per tensor. Burn requires this number at compile time.
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
            let (output, memory) = call.forward();
            let memory = Arc::new(Mutex::new(memory));
            operation.finish(State { call, output: output.clone(), memory }, output)
        }
        OpsKind::UnTracked(operation) => operation.finish(call.infer()),
    }
}

/// The state that is saved for the backward pass.
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
        // A frozen kernel has no gradient in any form.
        let outer = outer.filter(|_| ops.parents[0].is_some());
        let gradient_of = |(index, (tensor, parent)): (usize, (&FlexTensor, &Option<_>))| {
            let is_wanted = parent.is_some() && (index > 0 || outer.is_none());
            is_wanted.then(|| vec![0.0; values(tensor).len()])
        };
        let tensors = call.tensors.iter().zip(&ops.parents).enumerate();
        let mut of_tensors: Vec<Option<Vec<f32>>> = tensors.map(gradient_of).collect();
        let mut outer_values = OuterValues::default();
        let slots = Slots {
            tensors: of_tensors.iter_mut().map(|gradient| gradient.as_deref_mut()).collect(),
            outer: outer.is_some().then_some(&mut outer_values),
        };
        let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
        call.backward(values(&output), &mut memory, output_gradient.storage_mut(), slots);
        if let Some((rows, Outer { parameter, gradients }, units)) = outer {
            gradients.push(*parameter, OuterGradient { rows: rows.clone(), values: outer_values, units });
        }
        for ((gradient, parent), tensor) in of_tensors.into_iter().zip(ops.parents).zip(&call.tensors) {
            if let (Some(gradient), Some(parent)) = (gradient, parent) {
                let data = TensorData::new(gradient, tensor.layout().shape().clone());
                gradients.register::<Flex>(parent.id, FlexTensor::from_data(data));
            }
        }
    }
}
