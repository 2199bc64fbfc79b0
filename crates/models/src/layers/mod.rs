//! The layers a [`Sequential`](crate::Sequential) is stacked from: a configuration and a Burn module for each.

mod activation;
mod dense;
mod dropout;
mod embedding;
mod flatten;
mod multi_hot_dense;
pub(crate) mod pieces;

use burn::{
    module::Module,
    tensor::{Device, Tensor},
};
use serde::{Deserialize, Serialize};

pub use activation::ActivationLayer;
pub use dense::{Dense, DenseConfig};
pub use dropout::Dropout;
pub use embedding::{Embedding, EmbeddingConfig};
pub use flatten::Flatten;

use crate::{Activation, Input, Pass, Value};

/// A layer to be built once its input's shape is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LayerConfig {
    /// Fully connected.
    Dense(DenseConfig),
    /// A vector for each word; the first layer only.
    Embedding(EmbeddingConfig),
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

/// The most weights of a kernel, or values of a sample: 8 GB. Beyond, allocating them would end the program.
const MOST_VALUES: usize = 1 << 31;

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
            Self::Dropout { .. } | Self::Flatten | Self::Activation { .. } => 0,
        }
    }

    /// The activation that the layer ends in.
    pub(crate) fn last_activation(&self) -> Activation {
        match self {
            Self::Dense(config) => config.activation,
            Self::Activation { function } => *function,
            Self::Embedding(_) | Self::Dropout { .. } | Self::Flatten => Activation::Linear,
        }
    }

    /// The layer with fresh weights. The shapes have been checked.
    pub(crate) fn build(&self, place: &Place) -> Layer {
        match self {
            Self::Dense(config) => Layer::Dense(config.build(place)),
            Self::Embedding(config) => Layer::Embedding(config.build(place)),
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
        match self {
            Self::Dense(layer) => layer.logits(input),
            Self::Dropout(layer) => layer.forward(input, pass),
            Self::Flatten(layer) => layer.forward(input),
            // An embedding is entered by ids alone; shapes have been inferred for that.
            Self::Activation(_) | Self::Embedding(_) => input,
        }
    }

    /// What the layer does to its logits.
    pub(crate) fn activate(&self, logits: Value) -> Value {
        match self {
            Self::Dense(layer) => layer.activate(logits),
            Self::Activation(layer) => layer.forward(logits),
            Self::Embedding(_) | Self::Dropout(_) | Self::Flatten(_) => logits,
        }
    }

    /// The layer's weight penalty, shape `[1]`.
    pub(crate) fn penalty(&self) -> Option<Tensor<1>> {
        match self {
            Self::Dense(layer) => layer.penalty(),
            Self::Embedding(_) | Self::Dropout(_) | Self::Flatten(_) | Self::Activation(_) => None,
        }
    }
}
