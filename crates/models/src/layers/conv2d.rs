//! The convolutional layer: the same small kernel at every place of an image.

use burn::{
    config::Config,
    module::{Module, Param},
    tensor::{Tensor, TensorData, module::conv2d, ops::ConvOptions},
};
use serde::{Deserialize, Serialize};

use super::{MOST_VALUES, Place, image_shape};
use crate::{Activation, initializer::uniform};

/// What lies beyond an image's edges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// Nothing: the kernel stays inside, and the output is smaller than the image.
    #[default]
    Valid,
    /// Zeros: the output is of the image's size, divided by the strides and rounded up.
    Same,
}

/// Configuration of a [`Conv2d`] layer, with Keras' defaults.
#[derive(Config, Debug, PartialEq)]
pub struct Conv2dConfig {
    /// Kernels, and so channels of the output.
    pub filters: usize,
    /// Height and width of a kernel, in pixels.
    pub kernel_size: [usize; 2],
    /// Pixels from one place of the kernel to the next, down and to the right; 1 by default.
    #[config(default = "[1, 1]")]
    pub strides: [usize; 2],
    /// What lies beyond the edges; nothing by default.
    #[config(default = "Padding::Valid")]
    pub padding: Padding,
    /// Applied to the output; none by default.
    #[config(default = "Activation::Linear")]
    pub activation: Activation,
    /// Whether a bias is added; yes by default.
    #[config(default = true)]
    pub use_bias: bool,
}

impl Conv2dConfig {
    pub(super) fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
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
                "filters is {}, kernel_size {kernel:?}: that makes more than 2^31 weights, or values a sample; give \
                 fewer",
                self.filters
            )),
        }
    }

    pub(super) fn parameters(&self, input: &[usize]) -> usize {
        let channels = input.last().copied().unwrap_or(0);
        let [height, width] = self.kernel_size;
        (height * width * channels + usize::from(self.use_bias)) * self.filters
    }

    pub(super) fn build(&self, place: &Place) -> Conv2d {
        let channels = place.input.last().copied().unwrap_or(0);
        let [height, width] = self.kernel_size;
        let shape = [height, width, channels, self.filters];
        // Glorot's range: a number of the output is a sum over a whole kernel.
        let limit = (6.0 / (height * width * (channels + self.filters)) as f64).sqrt() as f32;
        let kernel = uniform(shape.iter().product(), limit, place.seed, place.index);
        let bias = TensorData::new(vec![0.0_f32; self.filters], [self.filters]);
        Conv2d {
            kernel: Param::from_data(TensorData::new(kernel, shape), place.device),
            bias: self.use_bias.then(|| Param::from_data(bias, place.device)),
            strides: self.strides,
            padding: self.padding,
            activation: self.activation,
        }
    }
}

/// A convolution, channels last: from `[batch, height, width, channels]` to `[batch, height, width, filters]`.
#[derive(Module, Debug)]
pub struct Conv2d {
    /// `[height, width, channels, filters]`, Keras' layout; Glorot uniform at first.
    pub kernel: Param<Tensor<4>>,
    /// `[filters]`; zeros at first.
    pub bias: Option<Param<Tensor<1>>>,
    strides: [usize; 2],
    #[module(skip)]
    padding: Padding,
    #[module(skip)]
    activation: Activation,
}

impl Conv2d {
    /// At each place, the sum of the pixels below the kernel times the kernel, `+ bias`.
    pub fn logits(&self, input: Tensor<4>) -> Tensor<4> {
        let [_, height, width, _] = input.dims();
        let [kernel_height, kernel_width, ..] = self.kernel.dims();
        let padding =
            [self.zeros_around(0, height, kernel_height), self.zeros_around(1, width, kernel_width)];
        let options = ConvOptions::new_with_padding(self.strides, padding, [1, 1], 1);
        // Burn's convolution takes channels first, and kernels as [filters, channels, height, width].
        let kernel = self.kernel.val().permute([3, 2, 0, 1]);
        let bias = self.bias.as_ref().map(Param::val);
        conv2d(input.permute([0, 3, 1, 2]), kernel, bias, options).permute([0, 2, 3, 1])
    }

    /// `activation(logits)`.
    pub fn activate(&self, logits: Tensor<4>) -> Tensor<4> {
        self.activation.apply(logits)
    }

    /// How many zeros go before and after an axis. An odd one goes after, as in Keras.
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
