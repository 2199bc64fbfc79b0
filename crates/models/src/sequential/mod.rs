//! Linear stacks of layers.

mod fused;
mod network;
mod plan;
mod summary;

use burn::module::Module;
use kindling_data::IntoShape;

use self::network::Place;
pub(crate) use self::plan::{Planned, names, numbered, plan};
pub use self::{fused::KernelPass, network::SequentialNetwork};
use crate::{
    Init, IntoPart, ModelError, Part,
    activations::Activation,
    layers::{self, Conv2d, Dense, Dropout, Embedding, Flatten, Layer, Lstm, MaxPooling2d},
};

/// The configuration of a stack of layers. Only the input shape is given; the other shapes are inferred.
///
/// ```
/// use burn::{module::Module, tensor::Device};
/// use kindling_models::{Init, Sequential, activations::{Relu, Softmax}};
///
/// let stack = Sequential::new(784).dense(512, Relu).dense(10, Softmax);
/// let network = Init::build(&Device::flex(), 0, |init| stack.build(init))?;
/// assert_eq!(network.num_params(), 407_050);
/// # Ok::<(), kindling_models::ModelError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Sequential {
    pub(crate) input: Vec<usize>,
    pub(crate) layers: Vec<Stacked>,
}

/// A layer in a stack.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stacked {
    pub config: Part<dyn Layer>,
    /// `None` for Keras' default name: `dense`, `dense_1`, ...
    pub name: Option<String>,
    /// Whether training changes the layer's weights.
    pub trainable: bool,
}

impl Sequential {
    /// Creates an empty stack for samples of this shape, without the batch axis: `784`, or `[28, 28]`.
    pub fn new(input: impl IntoShape) -> Self {
        Self { input: input.into_shape(), layers: Vec::new() }
    }

    /// Adds a layer of any type.
    pub fn layer(self, layer: impl IntoPart<dyn Layer>) -> Self {
        self.stacked(layer.into_part(), None)
    }

    /// Adds a layer of any type under this name. Default: `dense`, `dense_1`, ... for `Dense`.
    pub fn named_layer(self, name: impl Into<String>, layer: impl IntoPart<dyn Layer>) -> Self {
        self.stacked(layer.into_part(), Some(name.into()))
    }

    fn stacked(mut self, config: Part<dyn Layer>, name: Option<String>) -> Self {
        self.layers.push(Stacked { config, name, trainable: true });
        self
    }

    /// Freezes the layers added so far: training does not change their weights, and batch normalization uses its
    /// moving averages. Corresponds to Keras' `trainable = False`. Layers added later are trained.
    pub fn frozen(mut self) -> Self {
        self.layers.iter_mut().for_each(|layer| layer.trainable = false);
        self
    }

    /// Adds a fully connected layer. [`Dense`] has more options.
    pub fn dense(self, units: usize, activation: impl IntoPart<dyn Activation>) -> Self {
        self.layer(Dense::new(units).activation(activation))
    }

    /// Adds an embedding of `input_dim` words in `output_dim` dimensions. It must be the first layer.
    pub fn embedding(self, input_dim: usize, output_dim: usize) -> Self {
        self.layer(Embedding::new(input_dim, output_dim))
    }

    /// Adds a recurrent layer that returns the output of the last step. [`Lstm`] has more options.
    pub fn lstm(self, units: usize) -> Self {
        self.layer(Lstm::new(units))
    }

    /// Adds a convolution with this number of filters and this kernel size. [`Conv2d`] has more options.
    pub fn conv2d(
        self,
        filters: usize,
        kernel_size: [usize; 2],
        activation: impl IntoPart<dyn Activation>,
    ) -> Self {
        self.layer(Conv2d::new(filters, kernel_size).activation(activation))
    }

    /// Adds max pooling over windows of this height and width.
    pub fn max_pooling2d(self, pool_size: [usize; 2]) -> Self {
        self.layer(MaxPooling2d::new(pool_size))
    }

    /// Adds dropout, which sets the fraction `rate` of the values to zero in training.
    pub fn dropout(self, rate: f64) -> Self {
        self.layer(Dropout::new(rate))
    }

    /// Adds a layer that reshapes each sample into a vector.
    pub fn flatten(self) -> Self {
        self.layer(Flatten {})
    }

    /// Adds an activation function as a layer.
    pub fn activation(self, activation: impl IntoPart<dyn Activation>) -> Self {
        self.layer(layers::Activation::new(activation))
    }

    /// Builds the network with initial weights from `init`.
    ///
    /// # Errors
    /// Returns [`ModelError::Empty`] if there are no layers or no input values, and [`ModelError::Layer`] if a
    /// layer's configuration is invalid, shapes do not match, two layers have the same name, or a layer cannot be
    /// saved and read back under its class name.
    pub fn build(&self, init: &mut Init) -> Result<SequentialNetwork, ModelError> {
        let plan = plan(self)?;
        let build = |layer: &Planned| match layer.stacked.config.build(&layer.input, init) {
            Ok(module) if layer.stacked.trainable => Ok(module),
            Ok(module) => Ok(module.freeze()),
            Err(ModelError::Weight(reason)) => Err(ModelError::Layer { layer: layer.name.clone(), reason }),
            Err(other) => Err(other),
        };
        let layers = plan.iter().map(build).collect::<Result<_, _>>()?;
        let place = |layer: &Planned| Place {
            name: layer.name.clone(),
            output: layer.output.clone(),
            activation: layer.stacked.config.activation(),
            trainable: layer.stacked.trainable,
        };
        Ok(SequentialNetwork::new(layers, plan.iter().map(place).collect(), self.clone()))
    }
}
