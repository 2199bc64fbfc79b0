//! The fully connected layer: `activation(input · kernel + bias)`.

use burn::{
    config::Config,
    module::{Module, Param},
    tensor::{Tensor, TensorData, module::linear},
};

use super::{MOST_VALUES, Place, multi_hot_dense};
use crate::{Activation, MultiHotTensor, Regularizer, Value, initializer::glorot_uniform, value::map_tensor};

/// Configuration of a [`Dense`] layer, with Keras' defaults.
#[derive(Config, Debug, PartialEq)]
pub struct DenseConfig {
    /// Length of the output.
    pub units: usize,
    /// Applied to the output; none by default.
    #[config(default = "Activation::Linear")]
    pub activation: Activation,
    /// Whether a bias is added; yes by default.
    #[config(default = true)]
    pub use_bias: bool,
    /// Penalty on the kernel, added to the training loss; none by default.
    #[config(default = "Regularizer::default()")]
    pub kernel_regularizer: Regularizer,
}

impl DenseConfig {
    pub(super) fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        if self.units == 0 {
            return Err("units is 0; give at least 1".into());
        }
        if let Some(problem) = self.kernel_regularizer.problem() {
            return Err(format!("kernel_regularizer: {problem}"));
        }
        let (leading, features) = match input {
            [leading @ .., features] if *features > 0 => (leading, *features),
            _ => {
                return Err(format!(
                    "input of shape {input:?} has no features; its last axis must not be empty"
                ));
            }
        };
        match features.checked_mul(self.units) {
            Some(0..=MOST_VALUES) => Ok([leading, &[self.units]].concat()),
            _ => Err(format!(
                "units is {0}: the kernel, [{features}, {0}], would have more than 2^31 weights; give fewer",
                self.units
            )),
        }
    }

    pub(super) fn parameters(&self, input: &[usize]) -> usize {
        let inputs = input.last().copied().unwrap_or(0);
        (inputs + usize::from(self.use_bias)) * self.units
    }

    pub(super) fn build(&self, place: &Place) -> Dense {
        let inputs = place.input.last().copied().unwrap_or(0);
        let kernel = glorot_uniform(inputs, self.units, place.seed, place.index);
        let bias = TensorData::new(vec![0.0_f32; self.units], [self.units]);
        Dense {
            kernel: Param::from_data(kernel, place.device),
            bias: self.use_bias.then(|| Param::from_data(bias, place.device)),
            activation: self.activation,
            kernel_regularizer: self.kernel_regularizer,
        }
    }
}

/// A fully connected layer: from `[batch, ..., inputs]` to `[batch, ..., units]`.
#[derive(Module, Debug)]
pub struct Dense {
    /// `[inputs, units]`, Keras' layout; Glorot uniform at first.
    pub kernel: Param<Tensor<2>>,
    /// `[units]`; zeros at first.
    pub bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    kernel_regularizer: Regularizer,
}

impl Dense {
    /// `input · kernel + bias`.
    pub fn logits(&self, input: Value) -> Value {
        map_tensor!(input, x => linear(x, self.kernel.val(), self.bias.as_ref().map(Param::val)))
    }

    /// The same for multi-hot vectors, which are not made for it.
    pub fn multi_hot_logits(&self, input: MultiHotTensor) -> Tensor<2> {
        let product = multi_hot_dense::product(input, self.kernel.val());
        match &self.bias {
            Some(bias) => product + bias.val().unsqueeze(),
            None => product,
        }
    }

    /// `activation(logits)`.
    pub fn activate(&self, logits: Value) -> Value {
        map_tensor!(logits, x => self.activation.apply(x))
    }

    /// The kernel's penalty, shape `[1]`.
    pub fn penalty(&self) -> Option<Tensor<1>> {
        self.kernel_regularizer.penalty(self.kernel.val())
    }
}
