//! Recurrent layers, which compute their output step by step.

#[macro_use]
mod config;
mod gru;
mod lstm;
mod simple_rnn;

use burn::{module::Param, tensor::Tensor};

pub use gru::{Gru, GruModule};
pub use lstm::{Lstm, LstmModule};
pub use simple_rnn::{SimpleRnn, SimpleRnnModule};

use kindling_ops::{kernel::Kernel, kernels};

use super::{KernelCall, LayerKernel, MOST_VALUES};
use crate::{ModelError, Part, Regularizer, Value, activations::Activation};

/// The order in which steps are processed, and which outputs are returned.
#[derive(Clone, Copy, Debug)]
struct Steps {
    units: usize,
    return_sequences: bool,
    go_backwards: bool,
}

impl Steps {
    /// Runs `step` on each step of `inputs`, `[batch, steps, columns]`. `step` takes the input of a step, `[batch,
    /// columns]`, and the state, tensors `[batch, units]` that are zero at first, and returns the next state. The
    /// first tensor of the state is the output.
    fn run<const STATES: usize>(
        self,
        inputs: Tensor<3>,
        step: impl Fn(Tensor<2>, [Tensor<2>; STATES]) -> Result<[Tensor<2>; STATES], ModelError>,
    ) -> Result<Value, ModelError> {
        let [batch, steps, _] = inputs.dims();
        let zeros = Tensor::<2>::zeros([batch, self.units], &inputs.device());
        let mut state = std::array::from_fn(|_| zeros.clone());
        let mut outputs = Vec::with_capacity(steps);
        for index in 0..steps {
            let index = if self.go_backwards { steps - 1 - index } else { index };
            state = step(inputs.clone().narrow(1, index, 1).squeeze_dim(1), state)?;
            if self.return_sequences {
                outputs.push(state[0].clone());
            }
        }
        let [output, ..] = state.as_slice() else { return Err(ModelError::Input("no state".into())) };
        Ok(match self.return_sequences {
            true => Value::Rank3(Tensor::stack(outputs, 1)),
            false => Value::Rank2(output.clone()),
        })
    }

    /// Returns the shapes for a kernel, or `None` if another activation follows the layer or a shape is empty.
    fn sequence(self, call: KernelCall) -> Option<kernels::Sequence> {
        let &[steps, features] = call.input else { return None };
        let Self { units, return_sequences, go_backwards } = self;
        let sequence = kernels::Sequence { steps, features, units, return_sequences, go_backwards };
        (steps > 0 && features > 0 && call.is_linear()).then_some(sequence)
    }

    /// Splits `[batch, parts * units]` into its parts.
    fn split<const PARTS: usize>(self, gates: &Tensor<2>) -> [Tensor<2>; PARTS] {
        std::array::from_fn(|part| gates.clone().narrow(1, part * self.units, self.units))
    }

    /// Returns the shape of a sample's output, or an error message. Each kernel has `gates * units` columns.
    fn output_shape(self, input: &[usize], gates: usize) -> Result<Vec<usize>, String> {
        let units = self.units;
        let &[steps, features] = input else {
            return Err(format!(
                "expected sequences of shape [steps, features], found {input:?}: put an embedding before it, or \
                 reshape the samples"
            ));
        };
        if units == 0 {
            return Err("units is 0: give at least 1".into());
        }
        let weights = features
            .checked_add(units)
            .and_then(|rows| rows.checked_mul(units))
            .and_then(|weights| weights.checked_mul(gates));
        match weights {
            Some(0..=MOST_VALUES) if self.return_sequences => Ok(vec![steps, units]),
            Some(0..=MOST_VALUES) => Ok(vec![units]),
            _ => Err(format!("units is {units}, which gives more than 2^31 weights: give fewer")),
        }
    }
}

fn with_weights<const D: usize>(
    layer: impl Kernel + 'static,
    kernel: &Param<Tensor<2>>,
    recurrent_kernel: &Param<Tensor<2>>,
    bias: &Option<Param<Tensor<D>>>,
) -> LayerKernel {
    let kernels = [kernel.into(), recurrent_kernel.into()];
    LayerKernel::new(layer, kernels.into_iter().chain(bias.as_ref().map(Into::into)))
}

/// Returns the penalties on the kernel, the recurrent kernel and the bias.
fn penalty<const D: usize>(
    [of_kernel, of_recurrent, of_bias]: &[Regularizer; 3],
    kernel: &Param<Tensor<2>>,
    recurrent_kernel: &Param<Tensor<2>>,
    bias: &Option<Param<Tensor<D>>>,
) -> Option<Tensor<1>> {
    Regularizer::sum([
        of_kernel.penalty(kernel.val()),
        of_recurrent.penalty(recurrent_kernel.val()),
        of_bias.of(bias),
    ])
}

/// Applies an activation within a step.
fn activate(activation: &Part<dyn Activation>, x: Tensor<2>) -> Result<Tensor<2>, ModelError> {
    let shape = x.dims();
    let output = activation.apply(Value::Rank2(x)).tensor::<2>()?;
    match output.dims() == shape {
        true => Ok(output),
        false => Err(ModelError::Input(format!(
            "its activation {} must keep the shape {shape:?}, but returns {:?}: make them agree",
            activation.name(),
            output.dims()
        ))),
    }
}
