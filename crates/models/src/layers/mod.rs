//! Layers. Each has a configuration, which is added to a [`Sequential`](crate::Sequential), and a Burn module.

mod activation;
mod boxed;
mod conv2d;
mod dense;
mod dropout;
mod embedding;
mod flatten;
mod layer;
mod lstm;
mod max_pooling2d;

pub use activation::Activation;
pub use boxed::BoxedLayer;
pub use conv2d::{Conv2d, Conv2dModule, Padding};
pub use dense::{Dense, DenseModule};
pub use dropout::{Dropout, DropoutModule};
pub use embedding::{Embedding, EmbeddingModule};
pub use flatten::Flatten;
pub use layer::{Layer, LayerModule};
pub use lstm::{Lstm, LstmModule};
pub use max_pooling2d::MaxPooling2d;

/// The largest number of weights in a kernel or values in a sample, 8 GB. A failed allocation would abort the program.
const MOST_VALUES: usize = 1 << 31;

/// Returns the height, width and channels of an image, or an error message.
fn image_shape(input: &[usize]) -> Result<[usize; 3], String> {
    input.try_into().map_err(|_| match input {
        [height, width] => format!(
            "takes images of shape [height, width, channels], gets {input:?}: reshape the samples to \
             [{height}, {width}, 1]"
        ),
        _ => format!("takes images of shape [height, width, channels], gets {input:?}: reshape the samples"),
    })
}
