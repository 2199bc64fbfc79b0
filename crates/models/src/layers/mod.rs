//! The layers a [`Sequential`](crate::Sequential) is stacked from: a configuration and a Burn module for each.

mod activation;
mod conv2d;
mod dense;
mod dropout;
mod embedding;
mod flatten;
mod lstm;
mod max_pooling2d;
mod multi_hot_dense;
pub(crate) mod pieces;

use burn::{
    module::Module,
    tensor::{Device, Tensor},
};
use serde::{Deserialize, Serialize};

pub use activation::ActivationLayer;
pub use conv2d::{Conv2d, Conv2dConfig, Padding};
pub use dense::{Dense, DenseConfig};
pub use dropout::Dropout;
pub use embedding::{Embedding, EmbeddingConfig};
pub use flatten::Flatten;
pub use lstm::{Lstm, LstmConfig};
pub use max_pooling2d::MaxPooling2d;

use crate::{Activation, Input, Pass, Value};

/// A layer to be built once its input's shape is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LayerConfig {
    /// Fully connected.
    Dense(DenseConfig),
    /// A vector for each word; the first layer only.
    Embedding(EmbeddingConfig),
    /// Reads sequences, and remembers.
    Lstm(LstmConfig),
    /// Convolution of images.
    Conv2d(Conv2dConfig),
    /// The largest value of each window of an image.
    MaxPooling2d {
        /// Height and width of a window, in pixels; also the strides.
        pool_size: [usize; 2],
    },
    /// Sets a share `rate` of the values to zero in training.
    Dropout {
        /// The share, from 0 up to but not including 1.
        rate: f64,
    },
    /// Each sample's values in one row.
    Flatten,
    /// An activation function alone.
    Activation {
        /// Which.
        function: Activation,
    },
}

impl From<DenseConfig> for LayerConfig {
    fn from(config: DenseConfig) -> Self {
        Self::Dense(config)
    }
}

impl From<EmbeddingConfig> for LayerConfig {
    fn from(config: EmbeddingConfig) -> Self {
        Self::Embedding(config)
    }
}

impl From<LstmConfig> for LayerConfig {
    fn from(config: LstmConfig) -> Self {
        Self::Lstm(config)
    }
}

impl From<Conv2dConfig> for LayerConfig {
    fn from(config: Conv2dConfig) -> Self {
        Self::Conv2d(config)
    }
}

/// The most weights of a kernel, or values of a sample: 8 GB. Beyond, allocating them would end the program.
const MOST_VALUES: usize = 1 << 31;

/// Height, width and channels of an image, or what is wrong.
fn image_shape(input: &[usize]) -> Result<[usize; 3], String> {
    input.try_into().map_err(|_| match input {
        [height, width] => format!(
            "takes images of shape [height, width, channels], gets {input:?}: reshape the samples to \
             [{height}, {width}, 1]"
        ),
        _ => format!("takes images of shape [height, width, channels], gets {input:?}: reshape the samples"),
    })
}

/// Where a layer stands: what it may need beyond its own configuration.
pub(crate) struct Place<'a> {
    /// The shape of one sample of the input.
    pub input: &'a [usize],
    /// Place in the stack, from 0.
    pub index: usize,
    /// The run's seed, for initial weights.
    pub seed: u64,
    pub device: &'a Device,
}

impl LayerConfig {
    /// Keras' class name.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Self::Dense(_) => "Dense",
            Self::Embedding(_) => "Embedding",
            Self::Lstm(_) => "LSTM",
            Self::Conv2d(_) => "Conv2D",
            Self::MaxPooling2d { .. } => "MaxPooling2D",
            Self::Dropout { .. } => "Dropout",
            Self::Flatten => "Flatten",
            Self::Activation { .. } => "Activation",
        }
    }

    /// The shape of one sample of the output, or what is wrong.
    pub(crate) fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        match self {
            Self::Dense(config) => config.output_shape(input),
            Self::Embedding(config) => config.output_shape(input),
            Self::Lstm(config) => config.output_shape(input),
            Self::Conv2d(config) => config.output_shape(input),
            Self::MaxPooling2d { pool_size } => max_pooling2d::output_shape(*pool_size, input),
            Self::Dropout { rate } => dropout::check(*rate).map(|()| input.to_vec()),
            Self::Flatten => match input.iter().try_fold(1_usize, |size, length| size.checked_mul(*length)) {
                Some(size @ 0..=MOST_VALUES) => Ok(vec![size]),
                _ => Err(format!("input of shape {input:?} has more than 2^31 values a sample; give fewer")),
            },
            Self::Activation { .. } => Ok(input.to_vec()),
        }
    }

    /// The number of trained weights.
    pub(crate) fn parameters(&self, input: &[usize]) -> usize {
        match self {
            Self::Dense(config) => config.parameters(input),
            Self::Embedding(config) => config.parameters(),
            Self::Lstm(config) => config.parameters(input),
            Self::Conv2d(config) => config.parameters(input),
            Self::MaxPooling2d { .. } | Self::Dropout { .. } | Self::Flatten | Self::Activation { .. } => 0,
        }
    }

    /// The activation that the layer ends in.
    pub(crate) fn last_activation(&self) -> Activation {
        match self {
            Self::Dense(config) => config.activation,
            Self::Conv2d(config) => config.activation,
            Self::Activation { function } => *function,
            Self::Embedding(_)
            | Self::Lstm(_)
            | Self::MaxPooling2d { .. }
            | Self::Dropout { .. }
            | Self::Flatten => Activation::Linear,
        }
    }

    /// The layer with fresh weights. The shapes have been checked.
    pub(crate) fn build(&self, place: &Place) -> Layer {
        match self {
            Self::Dense(config) => Layer::Dense(config.build(place)),
            Self::Embedding(config) => Layer::Embedding(config.build(place)),
            Self::Lstm(config) => Layer::Lstm(config.build(place)),
            Self::Conv2d(config) => Layer::Conv2d(config.build(place)),
            Self::MaxPooling2d { pool_size } => Layer::MaxPooling2d(MaxPooling2d::new(*pool_size)),
            Self::Dropout { rate } => Layer::Dropout(Dropout::new(*rate, place.index)),
            Self::Flatten => Layer::Flatten(Flatten::default()),
            Self::Activation { function } => Layer::Activation(ActivationLayer::new(*function)),
        }
    }
}

/// A layer with its weights.
#[derive(Module, Debug)]
pub enum Layer {
    /// Fully connected.
    Dense(Dense),
    /// Looks words up.
    Embedding(Embedding),
    /// Reads sequences.
    Lstm(Lstm),
    /// Convolution.
    Conv2d(Conv2d),
    /// Pooling.
    MaxPooling2d(MaxPooling2d),
    /// Drops values in training.
    Dropout(Dropout),
    /// One row a sample.
    Flatten(Flatten),
    /// An activation function.
    Activation(ActivationLayer),
}

impl Layer {
    /// The output of the first layer **before its activation**, if it ends in one.
    pub(crate) fn enter(&self, input: Input, pass: Pass) -> Value {
        match (self, input) {
            (Self::Dense(layer), Input::MultiHot(hot)) => Value::Rank2(layer.multi_hot_logits(*hot)),
            (Self::Embedding(layer), Input::Ids(ids)) => Value::Rank3(layer.forward(ids)),
            (_, input) => self.logits(input.numbers(), pass),
        }
    }

    /// The layer's output **before its activation**, if it ends in one.
    pub(crate) fn logits(&self, input: Value, pass: Pass) -> Value {
        match (self, input) {
            (Self::Dense(layer), input) => layer.logits(input),
            (Self::Lstm(layer), Value::Rank3(sequences)) => layer.forward(sequences),
            (Self::Conv2d(layer), Value::Rank4(images)) => Value::Rank4(layer.logits(images)),
            (Self::MaxPooling2d(layer), Value::Rank4(images)) => Value::Rank4(layer.forward(images)),
            (Self::Dropout(layer), input) => layer.forward(input, pass),
            (Self::Flatten(layer), input) => layer.forward(input),
            // An embedding is entered by ids alone, and no layer by another rank: shapes have been inferred.
            (_, input) => input,
        }
    }

    /// What the layer does to its logits.
    pub(crate) fn activate(&self, logits: Value) -> Value {
        match (self, logits) {
            (Self::Dense(layer), logits) => layer.activate(logits),
            (Self::Conv2d(layer), Value::Rank4(logits)) => Value::Rank4(layer.activate(logits)),
            (Self::Activation(layer), logits) => layer.forward(logits),
            (_, logits) => logits,
        }
    }

    /// The layer's weight penalty, shape `[1]`.
    pub(crate) fn penalty(&self) -> Option<Tensor<1>> {
        match self {
            Self::Dense(layer) => layer.penalty(),
            _ => None,
        }
    }
}
