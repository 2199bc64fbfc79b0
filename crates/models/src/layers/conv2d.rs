//! The convolutional layer.

use burn::{
    module::{Module, Param},
    tensor::{Tensor, module::conv2d, ops::ConvOptions},
};
use serde::{Deserialize, Serialize};

use super::{BoxedLayer, Layer, LayerModule, MOST_VALUES, image_shape};
use crate::{
    Init, IntoPart, ModelError, Part, Pass, Value,
    activations::Activation,
    initializers::{GlorotUniform, Initializer, Zeros},
};

/// How the edges of an image are treated. The enum is closed: Keras has no other modes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// No padding: the kernel stays inside the image, and the output is smaller.
    #[default]
    Valid,
    /// Padding with zeros: the output has the image's size, divided by the strides and rounded up.
    Same,
}

/// A convolution with channels last, from `[batch, height, width, channels]` to `[batch, height, width, filters]`. The
/// fields are Keras' arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conv2d {
    /// Number of kernels, which is the number of channels of the output.
    pub filters: usize,
    /// Height and width of a kernel, in pixels.
    pub kernel_size: [usize; 2],
    /// Distance between positions of the kernel in pixels, vertical and horizontal. Default: `[1, 1]`.
    pub strides: [usize; 2],
    /// Padding of the image. Default: [`Padding::Valid`].
    pub padding: Padding,
    /// Activation of the output. Default: [`Linear`](crate::activations::Linear).
    pub activation: Part<dyn Activation>,
    /// Whether to add a bias. Default: true.
    pub use_bias: bool,
    /// Initial values of the kernels. Default: [`GlorotUniform`].
    pub kernel_initializer: Part<dyn Initializer>,
    /// Initial values of the bias. Default: [`Zeros`].
    pub bias_initializer: Part<dyn Initializer>,
}

impl Conv2d {
    /// Creates a convolution with this many kernels of this height and width, and Keras' defaults.
    pub fn new(filters: usize, kernel_size: [usize; 2]) -> Self {
        Self {
            filters,
            kernel_size,
            strides: [1, 1],
            padding: Padding::Valid,
            activation: Part::default(),
            use_bias: true,
            kernel_initializer: GlorotUniform.into_part(),
            bias_initializer: Zeros.into_part(),
        }
    }

    /// Sets the distance between positions of the kernel, vertical and horizontal.
    pub fn strides(self, strides: [usize; 2]) -> Self {
        Self { strides, ..self }
    }

    /// Sets the padding.
    pub fn padding(self, padding: Padding) -> Self {
        Self { padding, ..self }
    }

    /// Sets the activation.
    pub fn activation(self, activation: impl IntoPart<dyn Activation>) -> Self {
        Self { activation: activation.into_part(), ..self }
    }

    /// Sets whether to add a bias.
    pub fn use_bias(self, use_bias: bool) -> Self {
        Self { use_bias, ..self }
    }

    /// Sets the initial values of the kernels.
    pub fn kernel_initializer(self, initializer: impl IntoPart<dyn Initializer>) -> Self {
        Self { kernel_initializer: initializer.into_part(), ..self }
    }
}

#[typetag::serde(name = "Conv2D")]
impl Layer for Conv2d {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        let [height, width, channels] = image_shape(input)?;
        let (kernel, strides) = (self.kernel_size, self.strides);
        if self.filters == 0 || kernel.contains(&0) || strides.contains(&0) {
            return Err(format!(
                "filters is {}, kernel_size {kernel:?}, strides {strides:?}; give at least 1 of each",
                self.filters
            ));
        }
        let fits = kernel[0] <= height && kernel[1] <= width;
        if self.padding == Padding::Valid && !fits {
            return Err(format!(
                "kernel_size is {kernel:?}, the image is [{height}, {width}]: give a smaller kernel, or pad with \
                 Padding::Same"
            ));
        }
        let places = |axis: usize, length: usize| match self.padding {
            Padding::Valid => (length - kernel[axis]) / strides[axis] + 1,
            Padding::Same => length.div_ceil(strides[axis]),
        };
        let output = vec![places(0, height), places(1, width), self.filters];
        let count = |lengths: &[usize]| lengths.iter().try_fold(1_usize, |size, n| size.checked_mul(*n));
        let weights = count(&[kernel[0], kernel[1], channels, self.filters]);
        match (weights, count(&output)) {
            (Some(0..=MOST_VALUES), Some(0..=MOST_VALUES)) => Ok(output),
            _ => Err(format!(
                "filters is {}, kernel_size {kernel:?}: there would be more than 2^31 weights, or values per sample; \
                 give fewer",
                self.filters
            )),
        }
    }

    fn build(&self, input: &[usize], init: &mut Init) -> Result<BoxedLayer, ModelError> {
        let channels = input.last().copied().unwrap_or(0);
        let [height, width] = self.kernel_size;
        let kernel = init.weight([height, width, channels, self.filters], &*self.kernel_initializer)?;
        let bias = match self.use_bias {
            true => Some(init.weight([self.filters], &*self.bias_initializer)?),
            false => None,
        };
        Ok(Conv2dModule { kernel, bias, strides: self.strides, padding: self.padding }.into())
    }

    fn activation(&self) -> Part<dyn Activation> {
        self.activation.clone()
    }
}

/// The module of a [`Conv2d`] layer.
#[derive(Module, Debug)]
pub struct Conv2dModule {
    /// `[height, width, channels, filters]`, Keras' layout.
    pub kernel: Param<Tensor<4>>,
    /// `[filters]`.
    pub bias: Option<Param<Tensor<1>>>,
    strides: [usize; 2],
    #[module(skip)]
    padding: Padding,
}

impl LayerModule for Conv2dModule {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        let images = input.tensor::<4>()?;
        let [_, height, width, _] = images.dims();
        let [kernel_height, kernel_width, ..] = self.kernel.dims();
        let padding =
            [self.zeros_around(0, height, kernel_height), self.zeros_around(1, width, kernel_width)];
        let options = ConvOptions::new_with_padding(self.strides, padding, [1, 1], 1);
        // Burn's convolution takes channels first, and kernels as [filters, channels, height, width].
        let kernel = self.kernel.val().permute([3, 2, 0, 1]);
        let bias = self.bias.as_ref().map(Param::val);
        Ok(Value::Rank4(conv2d(images.permute([0, 3, 1, 2]), kernel, bias, options).permute([0, 2, 3, 1])))
    }
}

impl Conv2dModule {
    /// Returns the numbers of zeros before and after an axis. If their sum is odd, there is one more after, as in
    /// Keras.
    fn zeros_around(&self, axis: usize, length: usize, kernel: usize) -> (usize, usize) {
        match self.padding {
            Padding::Valid => (0, 0),
            Padding::Same => {
                let stride = self.strides[axis];
                let reach = (length.div_ceil(stride) - 1) * stride + kernel;
                let zeros = reach.saturating_sub(length);
                (zeros / 2, zeros - zeros / 2)
            }
        }
    }
}
