//! Pooling: one value for each window, or for a whole sequence or image.

mod global;

use burn::{
    module::Module,
    tensor::{
        module::{avg_pool2d, max_pool2d},
        ops::{AvgPoolOptions, MaxPoolOptions},
    },
};
use kindling_ops::kernels;
use serde::{Deserialize, Serialize};

pub use global::{GlobalAveragePooling1d, GlobalAveragePooling2d, GlobalMaxPooling1d, GlobalMaxPooling2d};

use super::{
    BoxedLayer, KernelCall, Layer, LayerKernel, LayerModule, MOST_VALUES, Padding,
    windows::{Windows, on_images},
};
use crate::{Init, ModelError, Pass, Value};

/// Defines a pooling layer: its class name, the number of spatial axes, and the value of a window.
macro_rules! pooling {
    (
        $(#[doc = $doc:literal])+
        $name:ident, $keras:literal, $kind:ident, $axes:literal,
        |$size:ident: $size_type:ty| $sizes:expr
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $name {
            /// Size of the window along each axis. Default: 2.
            pub pool_size: [usize; $axes],
            /// Strides along each axis. Default: `None`, which is `pool_size`.
            pub strides: Option<[usize; $axes]>,
            /// Padding of the input. Default: [`Padding::Valid`], which ignores values that do not fill a window.
            pub padding: Padding,
        }

        impl Default for $name {
            fn default() -> Self {
                Self { pool_size: [2; $axes], strides: None, padding: Padding::Valid }
            }
        }

        impl $name {
            /// Creates a layer with windows of this size that do not overlap.
            pub fn new($size: $size_type) -> Self {
                Self { pool_size: $sizes, ..Self::default() }
            }

            /// Sets the strides.
            pub fn strides(self, $size: $size_type) -> Self {
                Self { strides: Some($sizes), ..self }
            }

            /// Sets the padding.
            pub fn padding(self, padding: Padding) -> Self {
                Self { padding, ..self }
            }

            fn windows(&self) -> Windows<$axes> {
                Windows {
                    name: "pool_size",
                    size: self.pool_size,
                    strides: self.strides.unwrap_or(self.pool_size),
                    dilation: [1; $axes],
                    padding: self.padding,
                }
            }
        }

        #[typetag::serde(name = $keras)]
        impl Layer for $name {
            fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
                output_shape(input, &self.windows())
            }

            fn build(&self, _input: &[usize], _init: &mut Init) -> Result<BoxedLayer, ModelError> {
                Ok(PoolingModule { kind: Kind::$kind, windows: self.windows() }.into())
            }
        }
    };
}

pooling!(
    /// Max pooling: the largest value of each window of a sequence, from `[batch, steps, channels]` to `[batch,
    /// windows, channels]`. The fields are Keras' arguments.
    MaxPooling1d, "MaxPooling1D", Max, 1, |size: usize| [size]
);
pooling!(
    /// Max pooling: the largest value of each window of an image, from `[batch, height, width, channels]` to `[batch,
    /// rows, columns, channels]`. The fields are Keras' arguments.
    MaxPooling2d, "MaxPooling2D", Max, 2, |size: [usize; 2]| size
);
pooling!(
    /// Average pooling: the mean of each window of a sequence, from `[batch, steps, channels]` to `[batch, windows,
    /// channels]`. The fields are Keras' arguments.
    AveragePooling1d, "AveragePooling1D", Average, 1, |size: usize| [size]
);
pooling!(
    /// Average pooling: the mean of each window of an image, from `[batch, height, width, channels]` to `[batch,
    /// rows, columns, channels]`. The fields are Keras' arguments.
    AveragePooling2d, "AveragePooling2D", Average, 2, |size: [usize; 2]| size
);

/// The value of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Max,
    Average,
}

/// Returns the shape of a sample's output, or an error message.
fn output_shape<const N: usize>(input: &[usize], windows: &Windows<N>) -> Result<Vec<usize>, String> {
    if windows.padding == Padding::Causal {
        return Err(
            "padding is causal, which is supported for Conv1d only: give Padding::Valid or Padding::Same"
                .into(),
        );
    }
    let (places, channels) = windows.places(input)?;
    let output = [&places[..], &[channels]].concat();
    match output.iter().try_fold(1_usize, |size, length| size.checked_mul(*length)) {
        Some(0..=MOST_VALUES) => Ok(output),
        _ => Err(format!("input of shape {input:?} gives more than 2^31 values per sample: give fewer")),
    }
}

#[derive(Module, Debug)]
struct PoolingModule<const N: usize> {
    #[module(skip)]
    kind: Kind,
    #[module(skip)]
    windows: Windows<N>,
}

impl<const N: usize> LayerModule for PoolingModule<N> {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        on_images::<N>(input.numbers(), |images| {
            let [_, _, height, width] = images.dims();
            let windows = self.windows.on_image(height, width);
            match self.kind {
                Kind::Max => {
                    let options = MaxPoolOptions::new(windows.size).with_stride(windows.strides);
                    max_pool2d(images, options.with_padding_pairs(windows.padding))
                }
                Kind::Average => {
                    let options = AvgPoolOptions::new(windows.size).with_stride(windows.strides);
                    let options = options.with_padding_pairs(windows.padding);
                    avg_pool2d(images, options.with_count_include_pad(false))
                }
            }
        })
    }

    fn kernel(&self, call: KernelCall) -> Option<LayerKernel> {
        let patches = self.windows.patches(call.input).filter(|_| call.is_linear())?;
        let kind = match self.kind {
            Kind::Max => kernels::Pool::Max,
            Kind::Average => kernels::Pool::Average,
        };
        Some(LayerKernel::new(kernels::Pooling { patches, kind }, []))
    }
}
