//! The fully connected layer: `activation(input · kernel + bias)`.

use burn::{
    module::{Module, Param},
    tensor::{Tensor, module::linear},
};
use kindling_ops::kernels;
use serde::{Deserialize, Serialize};

use super::{BoxedLayer, KernelCall, Layer, LayerKernel, LayerModule, MOST_VALUES, optional_weight};
use crate::{
    Init, IntoPart, ModelError, Part, Pass, Regularizer, Value,
    activations::Activation,
    initializers::{GlorotUniform, Initializer, Zeros},
    values::map_tensor,
};

/// A fully connected layer, from `[batch, ..., inputs]` to `[batch, ..., units]`. The fields are Keras' arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default = "keras_defaults")]
pub struct Dense {
    /// Number of units: the length of the output's last axis.
    pub units: usize,
    /// Activation of the output. Default: [`Linear`](crate::activations::Linear).
    pub activation: Part<dyn Activation>,
    /// Whether to add a bias. Default: true.
    pub use_bias: bool,
    /// Initial values of the kernel. Default: [`GlorotUniform`].
    pub kernel_initializer: Part<dyn Initializer>,
    /// Initial values of the bias. Default: [`Zeros`].
    pub bias_initializer: Part<dyn Initializer>,
    /// Penalty on the kernel that is added to the training loss. Default: none.
    pub kernel_regularizer: Regularizer,
    /// Penalty on the bias that is added to the training loss. Default: none.
    pub bias_regularizer: Regularizer,
}

/// Returns the defaults of fields that are missing from a saved layer. A layer without units is invalid.
fn keras_defaults() -> Dense {
    Dense::new(0)
}

impl Dense {
    /// Creates a layer with this many units and Keras' defaults.
    pub fn new(units: usize) -> Self {
        Self {
            units,
            activation: Part::default(),
            use_bias: true,
            kernel_initializer: GlorotUniform.into_part(),
            bias_initializer: Zeros.into_part(),
            kernel_regularizer: Regularizer::default(),
            bias_regularizer: Regularizer::default(),
        }
    }

    /// Sets the activation.
    pub fn activation(self, activation: impl IntoPart<dyn Activation>) -> Self {
        Self { activation: activation.into_part(), ..self }
    }

    /// Sets whether to add a bias.
    pub fn use_bias(self, use_bias: bool) -> Self {
        Self { use_bias, ..self }
    }

    /// Sets the initial values of the kernel.
    pub fn kernel_initializer(self, initializer: impl IntoPart<dyn Initializer>) -> Self {
        Self { kernel_initializer: initializer.into_part(), ..self }
    }

    /// Sets the initial values of the bias.
    pub fn bias_initializer(self, initializer: impl IntoPart<dyn Initializer>) -> Self {
        Self { bias_initializer: initializer.into_part(), ..self }
    }

    /// Sets the penalty on the kernel.
    pub fn kernel_regularizer(self, kernel_regularizer: Regularizer) -> Self {
        Self { kernel_regularizer, ..self }
    }
}

#[typetag::serde]
impl Layer for Dense {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        if self.units == 0 {
            return Err("units is 0: give at least 1".into());
        }
        Regularizer::check([
            ("kernel_regularizer", &self.kernel_regularizer),
            ("bias_regularizer", &self.bias_regularizer),
        ])?;
        let (leading, features) = match input {
            [leading @ .., features] if *features > 0 => (leading, *features),
            _ => {
                return Err(format!(
                    "input of shape {input:?} has no features: give a last axis of length at least 1"
                ));
            }
        };
        match features.checked_mul(self.units) {
            Some(0..=MOST_VALUES) => Ok([leading, &[self.units]].concat()),
            _ => Err(format!(
                "units is {0}, which gives a kernel [{features}, {0}] of more than 2^31 weights: give fewer",
                self.units
            )),
        }
    }

    fn build(&self, input: &[usize], init: &mut Init) -> Result<BoxedLayer, ModelError> {
        let inputs = input.last().copied().unwrap_or(0);
        let kernel = init.weight([inputs, self.units], &*self.kernel_initializer)?;
        let bias = optional_weight(self.use_bias, [self.units], &*self.bias_initializer, init)?;
        let penalties = [self.kernel_regularizer, self.bias_regularizer];
        Ok(DenseModule { kernel, bias, penalties }.into())
    }

    fn activation(&self) -> Part<dyn Activation> {
        self.activation.clone()
    }
}

/// The module of a [`Dense`] layer.
#[derive(Module, Debug)]
pub struct DenseModule {
    /// `[inputs, units]`, Keras' layout.
    pub kernel: Param<Tensor<2>>,
    /// `[units]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// The penalties on the kernel and the bias.
    #[module(skip)]
    penalties: [Regularizer; 2],
}

impl LayerModule for DenseModule {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        let (kernel, bias) = (self.kernel.val(), self.bias.as_ref().map(Param::val));
        Ok(match input {
            // A sum of rows of the kernel: the vectors are not converted to dense ones.
            Value::Sparse(sparse) if sparse.shape().len() == 2 => match bias {
                Some(bias) => Value::Rank2(sparse.product(kernel) + bias.unsqueeze()),
                None => Value::Rank2(sparse.product(kernel)),
            },
            input => map_tensor!(input.numbers(), x => linear(x, kernel, bias)),
        })
    }

    fn kernel(&self, call: KernelCall) -> Option<LayerKernel> {
        let (features, leading) = call.input.split_last()?;
        let [inputs, units] = self.kernel.val().dims();
        if inputs != *features {
            return None;
        }
        let rows = leading.iter().product();
        let weights = std::iter::once((&self.kernel).into()).chain(self.bias.as_ref().map(Into::into));
        let kernel = kernels::Dense { rows, inputs, units, activation: call.activation };
        Some(LayerKernel::new(kernel, weights))
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        let [kernel, bias] = &self.penalties;
        Regularizer::sum([kernel.penalty(self.kernel.val()), bias.of(&self.bias)])
    }
}
