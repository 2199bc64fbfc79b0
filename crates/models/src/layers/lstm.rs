//! The recurrent layer LSTM (long short-term memory).

use burn::{
    module::{Module, Param},
    tensor::{
        Tensor, TensorData,
        activation::{sigmoid, tanh},
        module::linear,
    },
};
use serde::{Deserialize, Serialize};

use super::{BoxedLayer, Layer, LayerModule, MOST_VALUES};
use crate::{
    Init, IntoPart, ModelError, Part, Pass, Value,
    initializers::{GlorotUniform, Initializer, Orthogonal},
};

/// Input gate, forget gate, candidate and output gate: the blocks of columns of each kernel, in Keras' order.
const GATES: usize = 4;

/// A recurrent layer with a cell state, from `[batch, steps, features]` to `[batch, units]`, or to
/// `[batch, steps, units]` with `return_sequences`. The fields are Keras' arguments.
///
/// The cell state `c` and the output `h` are zero before the first step. Each step computes from its input `x`:
///
/// ```text
/// i, f, g, o = x · kernel + h · recurrent_kernel + bias, split into four equal parts
/// c = sigmoid(f) * c + sigmoid(i) * tanh(g)
/// h = sigmoid(o) * tanh(c)
/// ```
///
/// Source: Hochreiter and Schmidhuber, 1997.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lstm {
    /// Length of the output's last axis.
    pub units: usize,
    /// Whether to return the output of each step instead of the last one only. Default: false.
    pub return_sequences: bool,
    /// Initial values of the kernel. Default: [`GlorotUniform`].
    pub kernel_initializer: Part<dyn Initializer>,
    /// Initial values of the recurrent kernel. Default: [`Orthogonal`].
    pub recurrent_initializer: Part<dyn Initializer>,
}

impl Lstm {
    /// Creates a layer with this many units and Keras' defaults.
    pub fn new(units: usize) -> Self {
        Self {
            units,
            return_sequences: false,
            kernel_initializer: GlorotUniform.into_part(),
            recurrent_initializer: Orthogonal::default().into_part(),
        }
    }

    /// Sets whether to return the output of each step.
    pub fn return_sequences(self, return_sequences: bool) -> Self {
        Self { return_sequences, ..self }
    }
}

#[typetag::serde(name = "LSTM")]
impl Layer for Lstm {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
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
            _ => Err(format!("units is {}: there would be more than 2^31 weights; give fewer", self.units)),
        }
    }

    fn build(&self, input: &[usize], init: &mut Init) -> Result<BoxedLayer, ModelError> {
        let (features, columns) = (input.last().copied().unwrap_or(0), GATES * self.units);
        // The bias of the forget gate starts at 1, as in Keras: the cell state is mostly kept at first.
        let mut bias = vec![0.0_f32; columns];
        bias[self.units..2 * self.units].fill(1.0);
        Ok(LstmModule {
            kernel: init.weight([features, columns], &*self.kernel_initializer)?,
            recurrent_kernel: init.weight([self.units, columns], &*self.recurrent_initializer)?,
            bias: Param::from_data(TensorData::new(bias, [columns]), init.device()),
            units: self.units,
            return_sequences: self.return_sequences,
        }
        .into())
    }
}

/// The module of an [`Lstm`] layer.
#[derive(Module, Debug)]
pub struct LstmModule {
    /// `[features, 4 * units]`.
    pub kernel: Param<Tensor<2>>,
    /// `[units, 4 * units]`.
    pub recurrent_kernel: Param<Tensor<2>>,
    /// `[4 * units]`.
    pub bias: Param<Tensor<1>>,
    units: usize,
    return_sequences: bool,
}

impl LayerModule for LstmModule {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        let input = input.tensor::<3>()?;
        let [batch, steps, _] = input.dims();
        let recurrent_kernel = self.recurrent_kernel.val();
        // The inputs do not depend on the previous step: one product for all steps.
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
        Ok(match self.return_sequences {
            true => Value::Rank3(Tensor::stack(outputs, 1)),
            false => Value::Rank2(output),
        })
    }
}
