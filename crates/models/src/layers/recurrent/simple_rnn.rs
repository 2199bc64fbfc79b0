//! The simple recurrent layer.

use burn::{
    module::{Module, Param},
    tensor::{Tensor, module::linear},
};
use kindling_ops::kernels;

use super::{Steps, activate, penalty, with_weights};
use crate::{
    Init, IntoPart, ModelError, Part, Pass, Regularizer, Value,
    activations::Activation,
    layers::{BoxedLayer, KernelCall, Layer, LayerKernel, LayerModule, optional_weight},
};

const GATES: usize = 1;

recurrent!(
    /// A fully connected recurrent layer whose output is the state of the next step, from `[batch, steps, features]`
    /// to `[batch, units]`, or to `[batch, steps, units]` with `return_sequences`. The fields are Keras' arguments.
    ///
    /// The output `h` is zero before the first step. Each step computes from its input `x`:
    ///
    /// ```text
    /// h = tanh(x · kernel + h · recurrent_kernel + bias)
    /// ```
    SimpleRnn,
    GATES,
    {}
);

#[typetag::serde(name = "SimpleRNN")]
impl Layer for SimpleRnn {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        self.shape_of_output(input)
    }

    fn build(&self, input: &[usize], init: &mut Init) -> Result<BoxedLayer, ModelError> {
        let (features, units) = (input.last().copied().unwrap_or(0), self.units);
        Ok(SimpleRnnModule {
            kernel: init.weight([features, units], &*self.kernel_initializer)?,
            recurrent_kernel: init.weight([units, units], &*self.recurrent_initializer)?,
            bias: optional_weight(self.use_bias, [units], &*self.bias_initializer, init)?,
            activation: self.activation.clone(),
            steps: self.steps(),
            penalties: self.penalties(),
        }
        .into())
    }
}

/// The module of a [`SimpleRnn`] layer.
#[derive(Module, Debug)]
pub struct SimpleRnnModule {
    /// `[features, units]`.
    pub kernel: Param<Tensor<2>>,
    /// `[units, units]`.
    pub recurrent_kernel: Param<Tensor<2>>,
    /// `[units]`.
    pub bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    activation: Part<dyn Activation>,
    #[module(skip)]
    steps: Steps,
    #[module(skip)]
    penalties: [Regularizer; 3],
}

impl LayerModule for SimpleRnnModule {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        let recurrent_kernel = self.recurrent_kernel.val();
        let inputs = linear(input.tensor::<3>()?, self.kernel.val(), self.bias.as_ref().map(Param::val));
        self.steps.run(inputs, |x, [output]| {
            Ok([activate(&self.activation, x + output.matmul(recurrent_kernel.clone()))?])
        })
    }

    fn kernel(&self, call: KernelCall) -> Option<LayerKernel> {
        let kernel = kernels::SimpleRnn {
            sequence: self.steps.sequence(call)?,
            activation: self.activation.kernel()?,
        };
        Some(with_weights(kernel, &self.kernel, &self.recurrent_kernel, &self.bias))
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        penalty(&self.penalties, &self.kernel, &self.recurrent_kernel, &self.bias)
    }
}
