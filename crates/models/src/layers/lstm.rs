//! The recurrent layer: long short-term memory.

use burn::{
    config::Config,
    module::{Module, Param},
    tensor::{
        Tensor, TensorData,
        activation::{sigmoid, tanh},
        module::linear,
    },
};

use super::{MOST_VALUES, Place};
use crate::{
    Value,
    initializer::{glorot_uniform, orthogonal},
};

/// Input gate, forget gate, candidate, output gate: their columns lie side by side in each kernel, in Keras' order.
const GATES: usize = 4;

/// Configuration of an [`Lstm`] layer, with Keras' defaults.
#[derive(Config, Debug, PartialEq)]
pub struct LstmConfig {
    /// Length of the output.
    pub units: usize,
    /// Whether the output of every step is given, and not the last one's alone; no by default.
    #[config(default = false)]
    pub return_sequences: bool,
}

impl LstmConfig {
    pub(super) fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        let &[steps, features] = input else {
            return Err(format!(
                "takes sequences of shape [steps, features], gets {input:?}: put an embedding before it, or reshape \
                 the samples"
            ));
        };
        if self.units == 0 {
            return Err("units is 0; give at least 1".into());
        }
        let weights = features
            .checked_add(self.units)
            .and_then(|rows| rows.checked_mul(self.units))
            .and_then(|weights| weights.checked_mul(GATES));
        match weights {
            Some(0..=MOST_VALUES) if self.return_sequences => Ok(vec![steps, self.units]),
            Some(0..=MOST_VALUES) => Ok(vec![self.units]),
            _ => Err(format!("units is {}: that makes more than 2^31 weights; give fewer", self.units)),
        }
    }

    pub(super) fn parameters(&self, input: &[usize]) -> usize {
        let features = input.last().copied().unwrap_or(0);
        GATES * self.units * (features + self.units + 1)
    }

    pub(super) fn build(&self, place: &Place) -> Lstm {
        let (features, columns) = (place.input.last().copied().unwrap_or(0), GATES * self.units);
        let mut bias = vec![0.0_f32; columns];
        bias[self.units..2 * self.units].fill(1.0);
        let kernel = glorot_uniform(features, columns, place.seed, place.index);
        let recurrent_kernel = orthogonal(self.units, columns, place.seed, place.index);
        Lstm {
            kernel: Param::from_data(kernel, place.device),
            recurrent_kernel: Param::from_data(recurrent_kernel, place.device),
            bias: Param::from_data(TensorData::new(bias, [columns]), place.device),
            units: self.units,
            return_sequences: self.return_sequences,
        }
    }
}

/// A layer that reads a sequence step by step and remembers: from `[batch, steps, features]` to `[batch, units]`, or
/// with `return_sequences` to `[batch, steps, units]`.
///
/// From the memory `c` and the output `h` of the step before, both zero at first, and this step's `x`:
///
/// ```text
/// i, f, g, o = x · kernel + h · recurrent_kernel + bias, in four equal parts
/// c = sigmoid(f) * c + sigmoid(i) * tanh(g)
/// h = sigmoid(o) * tanh(c)
/// ```
///
/// Source: Hochreiter and Schmidhuber, 1997; gates in Keras' order.
#[derive(Module, Debug)]
pub struct Lstm {
    /// `[features, 4 * units]`; Glorot uniform at first.
    pub kernel: Param<Tensor<2>>,
    /// `[units, 4 * units]`; orthogonal at first.
    pub recurrent_kernel: Param<Tensor<2>>,
    /// `[4 * units]`; zeros at first, ones for the forget gate, so that nothing is forgotten before it is learned what.
    pub bias: Param<Tensor<1>>,
    units: usize,
    return_sequences: bool,
}

impl Lstm {
    /// The last step's output, or every step's.
    pub fn forward(&self, input: Tensor<3>) -> Value {
        let [batch, steps, _] = input.dims();
        let recurrent_kernel = self.recurrent_kernel.val();
        // What does not wait for the step before: one product for all steps.
        let inputs = linear(input, self.kernel.val(), Some(self.bias.val()));
        let zeros = Tensor::<2>::zeros([batch, self.units], &inputs.device());
        let (mut output, mut memory) = (zeros.clone(), zeros);
        let mut outputs = Vec::with_capacity(steps);
        for step in 0..steps {
            let gates = inputs.clone().narrow(1, step, 1).squeeze_dim::<2>(1)
                + output.matmul(recurrent_kernel.clone());
            let [input, forget, candidate, out] =
                [0, 1, 2, 3].map(|gate| gates.clone().narrow(1, gate * self.units, self.units));
            memory = sigmoid(forget) * memory + sigmoid(input) * tanh(candidate);
            output = sigmoid(out) * tanh(memory.clone());
            if self.return_sequences {
                outputs.push(output.clone());
            }
        }
        match self.return_sequences {
            true => Value::Rank3(Tensor::stack(outputs, 1)),
            false => Value::Rank2(output),
        }
    }
}
