//! Layers. Each has a configuration, which is added to a [`Sequential`](crate::Sequential), and a Burn module.

mod activation;
mod augmentation;
mod axes;
mod boxed;
mod convolution;
mod dense;
mod embedding;
mod flatten;
mod layer;
mod noise;
mod normalization;
mod pooling;
mod recurrent;
mod rescaling;
mod reshape;
mod windows;

use burn::{module::Param, tensor::Tensor};

pub use activation::{Activation, Elu, LeakyRelu, Relu, Softmax};
pub use augmentation::{FillMode, FlipMode, Interpolation, RandomFlip, RandomTranslation};
pub use boxed::BoxedLayer;
pub use convolution::{Conv1d, Conv1dModule, Conv2d, Conv2dModule};
pub use dense::{Dense, DenseModule};
pub use embedding::{Embedding, EmbeddingModule};
pub use flatten::Flatten;
pub use layer::{KernelCall, KernelWeight, Layer, LayerKernel, LayerModule};
pub use noise::{Dropout, DropoutModule, GaussianNoise};
pub use normalization::{
    BatchNormalization, BatchNormalizationModule, LayerNormalization, Normalization, Statistic,
};
pub use pooling::{
    AveragePooling1d, AveragePooling2d, GlobalAveragePooling1d, GlobalAveragePooling2d, GlobalMaxPooling1d,
    GlobalMaxPooling2d, MaxPooling1d, MaxPooling2d,
};
pub use recurrent::{Gru, GruModule, Lstm, LstmModule, SimpleRnn, SimpleRnnModule};
pub use rescaling::Rescaling;
pub use reshape::Reshape;
pub use windows::Padding;

use crate::{Init, ModelError, init::MOST_VALUES, initializers::Initializer};

/// Returns the weight if it is `wanted`.
fn optional_weight<const D: usize>(
    wanted: bool,
    shape: [usize; D],
    initializer: &dyn Initializer,
    init: &mut Init,
) -> Result<Option<Param<Tensor<D>>>, ModelError> {
    wanted.then(|| init.weight(shape, initializer)).transpose()
}

/// Returns the height, width and channels of an image, or an error message.
fn image_shape(input: &[usize]) -> Result<[usize; 3], String> {
    input.try_into().map_err(|_| match input {
        [height, width] => format!(
            "expected images of shape [height, width, channels], found {input:?}: reshape the samples to \
             [{height}, {width}, 1]"
        ),
        _ => format!(
            "expected images of shape [height, width, channels], found {input:?}: reshape the samples"
        ),
    })
}
