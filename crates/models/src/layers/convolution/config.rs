//! The configurations and modules of convolutions over one and two axes.

use burn::{
    module::{Module, Param},
    tensor::Tensor,
};
use kindling_ops::kernels;
use serde::{Deserialize, Serialize};

use super::{convolve, output_shape};
use crate::{
    Init, IntoPart, ModelError, Part, Pass, Regularizer, Value,
    activations::Activation,
    initializers::{GlorotUniform, Initializer, Zeros},
    layers::{
        BoxedLayer, KernelCall, Layer, LayerKernel, LayerModule, Padding, optional_weight, windows::Windows,
    },
};

/// The defaults of fields that are missing from a saved layer. A layer without filters is invalid.
trait Incomplete {
    fn incomplete() -> Self;
}

/// Defines a convolution: its class name, the number of spatial axes, and the rank of its kernel.
macro_rules! convolution {
    (
        $(#[doc = $doc:literal])+
        $name:ident, $keras:literal, $module:ident, $axes:literal, $rank:literal,
        |$size:ident: $size_type:ty| $sizes:expr
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(default = "Incomplete::incomplete")]
        pub struct $name {
            /// Number of filters: the channels of the output.
            pub filters: usize,
            /// Size of the kernel along each axis.
            pub kernel_size: [usize; $axes],
            /// Strides along each axis. Default: 1.
            pub strides: [usize; $axes],
            /// Padding of the input. Default: [`Padding::Valid`].
            pub padding: Padding,
            /// Dilation rate along each axis: the distance between the input values that neighboring kernel values
            /// are multiplied with. Default: 1.
            pub dilation_rate: [usize; $axes],
            /// Number of groups of channels that are convolved separately. Default: 1.
            pub groups: usize,
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

        impl Incomplete for $name {
            fn incomplete() -> Self {
                Self::new(0, Default::default())
            }
        }

        impl $name {
            /// Creates a convolution with this number of filters, this kernel size, and Keras' defaults.
            pub fn new(filters: usize, $size: $size_type) -> Self {
                Self {
                    filters,
                    kernel_size: $sizes,
                    strides: [1; $axes],
                    padding: Padding::Valid,
                    dilation_rate: [1; $axes],
                    groups: 1,
                    activation: Part::default(),
                    use_bias: true,
                    kernel_initializer: GlorotUniform.into_part(),
                    bias_initializer: Zeros.into_part(),
                    kernel_regularizer: Regularizer::default(),
                    bias_regularizer: Regularizer::default(),
                }
            }

            /// Sets the strides.
            pub fn strides(self, $size: $size_type) -> Self {
                Self { strides: $sizes, ..self }
            }

            /// Sets the padding.
            pub fn padding(self, padding: Padding) -> Self {
                Self { padding, ..self }
            }

            /// Sets the dilation rate.
            pub fn dilation_rate(self, $size: $size_type) -> Self {
                Self { dilation_rate: $sizes, ..self }
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

            /// Sets the penalty on the kernel.
            pub fn kernel_regularizer(self, kernel_regularizer: Regularizer) -> Self {
                Self { kernel_regularizer, ..self }
            }

            fn windows(&self) -> Windows<$axes> {
                Windows {
                    name: "kernel_size",
                    size: self.kernel_size,
                    strides: self.strides,
                    dilation: self.dilation_rate,
                    padding: self.padding,
                }
            }
        }

        #[typetag::serde(name = $keras)]
        impl Layer for $name {
            fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
                Regularizer::check([
                    ("kernel_regularizer", &self.kernel_regularizer),
                    ("bias_regularizer", &self.bias_regularizer),
                ])?;
                output_shape(input, &self.windows(), self.filters, self.groups)
            }

            fn build(&self, input: &[usize], init: &mut Init) -> Result<BoxedLayer, ModelError> {
                let channels = input.last().copied().unwrap_or(0) / self.groups.max(1);
                let mut shape = [0; $rank];
                shape[..$axes].copy_from_slice(&self.kernel_size);
                shape[$axes..].copy_from_slice(&[channels, self.filters]);
                let kernel = init.weight(shape, &*self.kernel_initializer)?;
                let bias = optional_weight(self.use_bias, [self.filters], &*self.bias_initializer, init)?;
                let penalties = [self.kernel_regularizer, self.bias_regularizer];
                let (windows, groups) = (self.windows(), self.groups);
                Ok($module { kernel, bias, windows, groups, penalties }.into())
            }

            fn activation(&self) -> Part<dyn Activation> {
                self.activation.clone()
            }
        }

        #[doc = concat!("The module of a [`", stringify!($name), "`] layer.")]
        #[derive(Module, Debug)]
        pub struct $module {
            /// `[size.., channels / groups, filters]`, Keras' layout.
            pub kernel: Param<Tensor<$rank>>,
            /// `[filters]`.
            pub bias: Option<Param<Tensor<1>>>,
            #[module(skip)]
            windows: Windows<$axes>,
            groups: usize,
            /// The penalties on the kernel and the bias.
            #[module(skip)]
            penalties: [Regularizer; 2],
        }

        impl LayerModule for $module {
            fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
                let (kernel, bias) = (self.kernel.val().unsqueeze(), self.bias.as_ref().map(Param::val));
                convolve(input.numbers(), kernel, bias, &self.windows, self.groups)
            }

            fn kernel(&self, call: KernelCall) -> Option<LayerKernel> {
                let filters = self.kernel.val().dims()[$rank - 1];
                let patches = self.windows.patches(call.input).filter(|_| self.groups == 1)?;
                let weights = std::iter::once((&self.kernel).into()).chain(self.bias.as_ref().map(Into::into));
                Some(LayerKernel::new(kernels::Convolution { patches, filters, activation: call.activation }, weights))
            }

            fn penalty(&self) -> Option<Tensor<1>> {
                let [kernel, bias] = &self.penalties;
                Regularizer::sum([kernel.penalty(self.kernel.val()), bias.of(&self.bias)])
            }
        }
    };
}

convolution!(
    /// A convolution of sequences, from `[batch, steps, channels]` to `[batch, steps, filters]`. The fields are Keras'
    /// arguments.
    Conv1d,
    "Conv1D",
    Conv1dModule,
    1,
    3,
    |size: usize| [size]
);

convolution!(
    /// A convolution of images with channels last, from `[batch, height, width, channels]` to
    /// `[batch, height, width, filters]`. The fields are Keras' arguments.
    Conv2d,
    "Conv2D",
    Conv2dModule,
    2,
    4,
    |size: [usize; 2]| size
);
