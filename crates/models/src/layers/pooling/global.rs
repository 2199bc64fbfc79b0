//! Pooling over all steps of a sequence or all pixels of an image.

use burn::module::Module;
use kindling_ops::kernels;
use serde::{Deserialize, Serialize};

use super::{
    super::{
        BoxedLayer, KernelCall, Layer, LayerKernel, LayerModule, reshape::shaped,
        windows::lengths_and_channels,
    },
    Kind,
};
use crate::{Init, ModelError, Pass, Value};

macro_rules! global_pooling {
    ($(#[doc = $doc:literal])+ $name:ident, $keras:literal, $kind:ident, $axes:literal) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $name {
            /// Whether to keep the pooled axes with length 1. Default: false.
            pub keepdims: bool,
        }

        #[typetag::serde(name = $keras)]
        impl Layer for $name {
            fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
                let (_, channels) = lengths_and_channels::<$axes>(input)?;
                let kept = if self.keepdims { $axes } else { 0 };
                Ok([vec![1; kept], vec![channels]].concat())
            }

            fn build(&self, input: &[usize], _init: &mut Init) -> Result<BoxedLayer, ModelError> {
                let sample = self.output_shape(input).map_err(ModelError::Input)?;
                Ok(GlobalModule { kind: Kind::$kind, sample }.into())
            }
        }
    };
}

global_pooling!(
    /// Global max pooling: the largest value of each channel of a sequence, from `[batch, steps, channels]` to
    /// `[batch, channels]`.
    GlobalMaxPooling1d,
    "GlobalMaxPooling1D",
    Max,
    1
);
global_pooling!(
    /// Global max pooling: the largest value of each channel of an image, from `[batch, height, width, channels]` to
    /// `[batch, channels]`.
    GlobalMaxPooling2d,
    "GlobalMaxPooling2D",
    Max,
    2
);
global_pooling!(
    /// Global average pooling: the mean of each channel of a sequence, from `[batch, steps, channels]` to `[batch,
    /// channels]`.
    GlobalAveragePooling1d,
    "GlobalAveragePooling1D",
    Average,
    1
);
global_pooling!(
    /// Global average pooling: the mean of each channel of an image, from `[batch, height, width, channels]` to
    /// `[batch, channels]`.
    GlobalAveragePooling2d,
    "GlobalAveragePooling2D",
    Average,
    2
);

#[derive(Module, Debug)]
struct GlobalModule {
    #[module(skip)]
    kind: Kind,
    /// The shape of a sample's output.
    #[module(skip)]
    sample: Vec<usize>,
}

impl LayerModule for GlobalModule {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        let steps = input.steps();
        let pooled = match self.kind {
            Kind::Max => steps.max_dim(1),
            Kind::Average => steps.mean_dim(1),
        };
        shaped(pooled.squeeze_dim(1), &self.sample)
    }

    /// Only for the mean: global max pooling divides the gradient among equal maxima, pooling over windows does not.
    fn kernel(&self, call: KernelCall) -> Option<LayerKernel> {
        let (channels, lengths) = call.input.split_last()?;
        let steps = lengths.iter().product();
        if self.kind != Kind::Average || !call.is_linear() || steps == 0 || *channels == 0 {
            return None;
        }
        let patches = kernels::Patches {
            lengths: [1, steps],
            channels: *channels,
            size: [1, steps],
            strides: [1, 1],
            dilation: [1, 1],
            padding: [(0, 0); 2],
        };
        Some(LayerKernel::new(kernels::Pooling { patches, kind: kernels::Pool::Average }, []))
    }
}
