//! The gated recurrent unit (GRU).

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

/// Update gate, reset gate and candidate: the blocks of columns of each kernel, in Keras' order.
const GATES: usize = 3;

recurrent!(
    /// A gated recurrent unit layer, from `[batch, steps, features]` to `[batch, units]`, or to `[batch, steps,
    /// units]` with `return_sequences`. The fields are Keras' arguments.
    ///
    /// The output `h` is zero before the first step. Each step computes from its input `x`, with the default activations:
    ///
    /// ```text
    /// xz, xr, xg = x · kernel + bias[0], split into three equal parts
    /// hz, hr, hg = h · recurrent_kernel + bias[1], split into three equal parts
    /// z = sigmoid(xz + hz)
    /// h = z * h + (1 - z) * tanh(xg + sigmoid(xr + hr) * hg)
    /// ```
    ///
    /// Without `reset_after`, there is one bias only, and the reset gate acts on `h` before the product with the last
    /// part of the recurrent kernel. Source: Cho et al., 2014.
    Gru,
    GATES,
    {
        /// Activation of the gates. Default: [`Sigmoid`].
        recurrent_activation: Part<dyn Activation> = Sigmoid.into_part(),
        /// Whether the reset gate acts after the product with the recurrent kernel. Default: true.
        reset_after: bool = true,
    }
);

impl Gru {
    /// Sets whether the reset gate acts after the product with the recurrent kernel.
    pub fn reset_after(self, reset_after: bool) -> Self {
        Self { reset_after, ..self }
    }

    fn module<const D: usize>(
        &self,
        bias_shape: [usize; D],
        input: &[usize],
        init: &mut Init,
    ) -> Result<GruModule<D>, ModelError> {
        let (features, columns) = (input.last().copied().unwrap_or(0), GATES * self.units);
        Ok(GruModule {
            kernel: init.weight([features, columns], &*self.kernel_initializer)?,
            recurrent_kernel: init.weight([self.units, columns], &*self.recurrent_initializer)?,
            bias: optional_weight(self.use_bias, bias_shape, &*self.bias_initializer, init)?,
            reset_after: self.reset_after,
            activations: [self.activation.clone(), self.recurrent_activation.clone()],
            steps: self.steps(),
            penalties: self.penalties(),
        })
    }
}

#[typetag::serde(name = "GRU")]
impl Layer for Gru {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        self.shape_of_output(input)
    }

    fn build(&self, input: &[usize], init: &mut Init) -> Result<BoxedLayer, ModelError> {
        let columns = GATES * self.units;
        Ok(match self.reset_after {
            true => self.module([2, columns], input, init)?.into(),
            false => self.module([columns], input, init)?.into(),
        })
    }
}

/// The module of a [`Gru`] layer. The bias has rank 2 with `reset_after`, and rank 1 without it.
#[derive(Module, Debug)]
pub struct GruModule<const D: usize> {
    /// `[features, 3 * units]`.
    pub kernel: Param<Tensor<2>>,
    /// `[units, 3 * units]`.
    pub recurrent_kernel: Param<Tensor<2>>,
    /// `[2, 3 * units]` for the input and the state, or `[3 * units]`.
    pub bias: Option<Param<Tensor<D>>>,
    reset_after: bool,
    /// The activations of the output and of the gates.
    #[module(skip)]
    activations: [Part<dyn Activation>; 2],
    #[module(skip)]
    steps: Steps,
    #[module(skip)]
    penalties: [Regularizer; 3],
}

impl<const D: usize> LayerModule for GruModule<D> {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        let [activation, gate] = &self.activations;
        let columns = GATES * self.steps.units;
        let bias = |row| {
            let bias = self.bias.as_ref().map(|bias| bias.val().reshape([-1, columns as i64]));
            bias.map(|bias: Tensor<2>| bias.narrow(0, row, 1).squeeze_dim::<1>(0))
        };
        let recurrent_bias = if self.reset_after { bias(1) } else { None };
        let recurrent_kernel = self.recurrent_kernel.val();
        // The inputs do not depend on the previous step: compute one product for all steps.
        let inputs = linear(input.tensor::<3>()?, self.kernel.val(), bias(0));
        self.steps.run(inputs, |x, [output]| {
            let [x_update, x_reset, x_candidate] = self.steps.split(&x);
            let (update, candidate) = if self.reset_after {
                let products = linear(output.clone(), recurrent_kernel.clone(), recurrent_bias.clone());
                let [h_update, h_reset, h_candidate] = self.steps.split(&products);
                let reset = activate(gate, x_reset + h_reset)?;
                (activate(gate, x_update + h_update)?, x_candidate + reset * h_candidate)
            } else {
                let [update, reset, candidate] =
                    self.steps.split(&recurrent_kernel).map(|kernel| move |h: Tensor<2>| h.matmul(kernel));
                let reset = activate(gate, x_reset + reset(output.clone()))?;
                let candidate = x_candidate + candidate(reset * output.clone());
                (activate(gate, x_update + update(output.clone()))?, candidate)
            };
            let candidate = activate(activation, candidate)?;
            Ok([update.clone() * output + (update.neg() + 1.0) * candidate])
        })
    }

    /// Only with `reset_after`, the default.
    fn kernel(&self, call: KernelCall) -> Option<LayerKernel> {
        let [of_output, gate] = &self.activations;
        let kernel = kernels::Gru {
            sequence: self.steps.sequence(call).filter(|_| self.reset_after)?,
            activation: of_output.kernel()?,
            gate: gate.kernel()?,
        };
        Some(with_weights(kernel, &self.kernel, &self.recurrent_kernel, &self.bias))
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        penalty(&self.penalties, &self.kernel, &self.recurrent_kernel, &self.bias)
    }
}
