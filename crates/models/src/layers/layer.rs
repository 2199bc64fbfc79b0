//! The traits of a layer: a configuration that can be saved, and the Burn module that it builds.

use std::{fmt::Debug, sync::Arc};

use burn::{
    module::{Module, Param, ParamId},
    tensor::Tensor,
};
use kindling_ops::{AnyTensor, kernel::Kernel, kernels};

use crate::{Init, ModelError, Part, Pass, Value, activations::Activation, layers::BoxedLayer, part_of};

/// The configuration of a layer in a [`Sequential`](crate::Sequential).
///
/// ```
/// use burn::{config::Config, module::{Module, Param}, tensor::Tensor};
/// use kindling_models::{Init, ModelError, Pass, Sequential, Value, activations::Relu, initializers::Ones};
/// use kindling_models::layers::{BoxedLayer, Layer, LayerModule};
///
/// /// Multiplies each feature by a trained factor.
/// #[derive(Config, Debug)]
/// struct Scale {}
///
/// #[derive(Module, Debug)]
/// struct ScaleModule {
///     factors: Param<Tensor<1>>,
/// }
///
/// #[typetag::serde]
/// impl Layer for Scale {
///     fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
///         Ok(input.to_vec())
///     }
///
///     fn build(&self, input: &[usize], init: &mut Init) -> Result<BoxedLayer, ModelError> {
///         Ok(ScaleModule { factors: init.weight([input[input.len() - 1]], &Ones)? }.into())
///     }
/// }
///
/// impl LayerModule for ScaleModule {
///     fn forward(&self, input: Value, _: &Pass) -> Result<Value, ModelError> {
///         Ok(input.map_rows(|x| x * self.factors.val().unsqueeze()))
///     }
/// }
///
/// let network = Sequential::new(4).layer(Scale::new()).dense(2, Relu);
/// # let _ = network;
/// ```
#[typetag::serde(tag = "class_name", content = "config")]
pub trait Layer: Debug + Send + Sync {
    /// Returns the shape of one output sample, given the shape of one input sample, both without the batch axis.
    ///
    /// # Errors
    /// Returns a message about the configuration or the input shape, with the remedy. The caller adds the layer's
    /// name.
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String>;

    /// Builds the layer's module with its initial weights, for samples of this shape.
    ///
    /// # Errors
    /// Returns the errors of [`Init::weight`].
    fn build(&self, input: &[usize], init: &mut Init) -> Result<BoxedLayer, ModelError>;

    /// Returns the layer's activation. The stack applies it to the module's output, except for the last layer, whose
    /// logits are given to the loss. Default: [`Linear`](crate::activations::Linear).
    fn activation(&self) -> Part<dyn Activation> {
        Part::default()
    }

    /// Returns the size of the vocabulary, which ids must be below, for a layer that takes ids. Such a layer must be
    /// the first one. Default: `None`.
    fn ids_below(&self) -> Option<usize> {
        None
    }

    /// Returns the class name: Keras' name for built-in layers, the type name for custom ones. Layers of a stack are
    /// named after their class: `dense`, `dense_1`, ... for `Dense`.
    fn class_name(&self) -> &'static str {
        self.typetag_name()
    }
}

part_of!(Layer);

/// The Burn module of a layer.
pub trait LayerModule: Module + Sync {
    /// Returns the layer's output **before its activation**.
    ///
    /// # Errors
    /// Returns [`ModelError::Input`] if the rank or kind of the input is not supported. The caller adds the layer's
    /// name.
    fn forward(&self, input: Value, pass: &Pass) -> Result<Value, ModelError>;

    /// Returns the layer and its activation as one kernel. A network on the CPU runs the kernels of consecutive
    /// layers as one operation, in place of [`forward`](Self::forward). Default: `None`.
    fn kernel(&self, _call: KernelCall) -> Option<LayerKernel> {
        None
    }

    /// Returns the weight penalty that is added to the training loss, shape `[1]`. Default: `None`.
    fn penalty(&self) -> Option<Tensor<1>> {
        None
    }
}

/// The arguments of [`LayerModule::kernel`].
#[derive(Clone, Copy, Debug)]
pub struct KernelCall<'a> {
    /// Number of samples.
    pub batch: usize,
    /// Shape of one input sample.
    pub input: &'a [usize],
    /// Activation that the kernel must apply to the layer's output.
    pub activation: kernels::Activation,
    /// The pass: training or inference.
    pub pass: &'a Pass,
}

impl KernelCall<'_> {
    /// Returns whether there is no activation after the layer.
    pub fn is_linear(&self) -> bool {
        self.activation == kernels::Activation::Linear
    }
}

/// A CPU kernel for a layer, with its weights.
#[derive(Clone, Debug, Default)]
pub struct LayerKernel {
    /// The kernel, or `None` if the layer only reshapes its input.
    pub kernel: Option<Arc<dyn Kernel>>,
    /// The weights, in the kernel's order. They are trained unless the layer is frozen.
    pub weights: Vec<KernelWeight>,
}

/// A weight of a kernel.
#[derive(Clone, Debug)]
pub struct KernelWeight {
    /// The id of the parameter.
    pub parameter: ParamId,
    /// The value.
    pub value: AnyTensor,
}

impl LayerKernel {
    /// Returns a kernel with its weights.
    pub fn new(kernel: impl Kernel + 'static, weights: impl IntoIterator<Item = KernelWeight>) -> Self {
        Self { kernel: Some(Arc::new(kernel)), weights: weights.into_iter().collect() }
    }
}

impl<const D: usize> From<&Param<Tensor<D>>> for KernelWeight {
    fn from(parameter: &Param<Tensor<D>>) -> Self {
        Self { parameter: parameter.id, value: parameter.val().into() }
    }
}
