//! The long short-term memory (LSTM).

use burn::{
    module::{Module, Param},
    tensor::{Tensor, module::linear},
};
use kindling_ops::kernels;

use super::{Steps, activate, penalty, with_weights};
use crate::{
    Init, IntoPart, ModelError, Part, Pass, Regularizer, Value,
    activations::{Activation, Sigmoid},
    layers::{BoxedLayer, KernelCall, Layer, LayerKernel, LayerModule, optional_weight},
};

/// Input gate, forget gate, candidate and output gate: the blocks of columns of each kernel, in Keras' order.
const GATES: usize = 4;

recurrent!(
    /// A long short-term memory layer, from `[batch, steps, features]` to `[batch, units]`, or to `[batch, steps,
    /// units]` with `return_sequences`. The fields are Keras' arguments.
    ///
    /// The cell state `c` and the output `h` are zero before the first step. Each step computes from its input `x`, with
    /// the default activations:
    ///
    /// ```text
    /// i, f, g, o = x · kernel + h · recurrent_kernel + bias, split into four equal parts
    /// c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    /// h = sigmoid(o) * tanh(c)
    /// ```
    ///
    /// Source: Hochreiter and Schmidhuber, 1997.
    Lstm,
    GATES,
    {
        /// Activation of the gates. Default: [`Sigmoid`].
        recurrent_activation: Part<dyn Activation> = Sigmoid.into_part(),
        /// Whether the bias of the forget gate is 1 initially, so that the cell state is mostly kept at first.
        /// Default: true.
        unit_forget_bias: bool = true,
    }
);

#[typetag::serde(name = "LSTM")]
impl Layer for Lstm {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        self.shape_of_output(input)
    }

    fn build(&self, input: &[usize], init: &mut Init) -> Result<BoxedLayer, ModelError> {
        let (features, units) = (input.last().copied().unwrap_or(0), self.units);
        let columns = GATES * units;
        let kernel = init.weight([features, columns], &*self.kernel_initializer)?;
        let recurrent_kernel = init.weight([units, columns], &*self.recurrent_initializer)?;
        let bias = optional_weight(self.use_bias, [columns], &*self.bias_initializer, init)?;
        let forget_bias = |bias: Param<Tensor<1>>| {
            bias.map(|bias| {
                let ones = Tensor::ones([units], &bias.device());
                bias.slice_assign(units..2 * units, ones)
            })
        };
        Ok(LstmModule {
            kernel,
            recurrent_kernel,
            bias: if self.unit_forget_bias { bias.map(forget_bias) } else { bias },
            activations: [self.activation.clone(), self.recurrent_activation.clone()],
            steps: self.steps(),
            penalties: self.penalties(),
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
    pub bias: Option<Param<Tensor<1>>>,
    /// The activations of the output and of the gates.
    #[module(skip)]
    activations: [Part<dyn Activation>; 2],
    #[module(skip)]
    steps: Steps,
    #[module(skip)]
    penalties: [Regularizer; 3],
}

impl LayerModule for LstmModule {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        let [activation, gate] = &self.activations;
        let recurrent_kernel = self.recurrent_kernel.val();
        // The inputs do not depend on the previous step: compute one product for all steps.
        let inputs = linear(input.tensor::<3>()?, self.kernel.val(), self.bias.as_ref().map(Param::val));
        self.steps.run(inputs, |x, [output, memory]| {
            let gates = x + output.matmul(recurrent_kernel.clone());
            let [input, forget, candidate, out] = self.steps.split(&gates);
            let memory =
                activate(gate, forget)? * memory + activate(gate, input)? * activate(activation, candidate)?;
            Ok([activate(gate, out)? * activate(activation, memory.clone())?, memory])
        })
    }

    fn kernel(&self, call: KernelCall) -> Option<LayerKernel> {
        let [of_output, gate] = &self.activations;
        let kernel = kernels::Lstm {
            sequence: self.steps.sequence(call)?,
            activation: of_output.kernel()?,
            gate: gate.kernel()?,
        };
        Some(with_weights(kernel, &self.kernel, &self.recurrent_kernel, &self.bias))
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        penalty(&self.penalties, &self.kernel, &self.recurrent_kernel, &self.bias)
    }
}
