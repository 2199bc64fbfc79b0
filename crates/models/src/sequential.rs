//! Networks as a linear stack of layers.

use burn::{
    module::Module,
    tensor::{Device, Tensor},
};
use kindling_data::IntoShape;
use serde::{Deserialize, Serialize};

use crate::{
    Activation, Architecture, Input, InputSpec, LayerConfig, ModelError, Network, OutputSpec, Pass, Value,
    layers::{Conv2dConfig, DenseConfig, EmbeddingConfig, Layer, LstmConfig, Place},
    summary,
    value::map_tensor,
};

/// A stack of layers to be built; only the input's shape is given, the others follow from it.
///
/// ```
/// use kindling_models::{Activation::{Relu, Softmax}, Sequential};
///
/// let network = Sequential::new(784).dense(512, Relu).dense(10, Softmax);
/// assert!(network.summary()?.contains("407,050"));
/// # Ok::<(), kindling_models::ModelError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sequential {
    input: Vec<usize>,
    layers: Vec<LayerConfig>,
}

/// A layer of the stack with what follows from its place.
#[derive(Clone, Debug)]
pub(crate) struct PlannedLayer<'a> {
    pub config: &'a LayerConfig,
    /// Keras' name: `dense`, `dense_1`, ...
    pub name: String,
    pub input: Vec<usize>,
    pub output: Vec<usize>,
}

impl Sequential {
    /// An empty stack for samples of this shape, given without the batch axis: `784`, or `[28, 28]`.
    pub fn new(input: impl IntoShape) -> Self {
        Self { input: input.into_shape(), layers: Vec::new() }
    }

    /// Adds any layer.
    pub fn layer(mut self, layer: impl Into<LayerConfig>) -> Self {
        self.layers.push(layer.into());
        self
    }

    /// Adds a fully connected layer.
    pub fn dense(self, units: usize, activation: Activation) -> Self {
        self.layer(DenseConfig::new(units).with_activation(activation))
    }

    /// Adds a vector of length `output_dim` for each of `input_dim` words; the first layer only.
    pub fn embedding(self, input_dim: usize, output_dim: usize) -> Self {
        self.layer(EmbeddingConfig::new(input_dim, output_dim))
    }

    /// Adds a recurrent layer that gives the last step's output; [`LstmConfig`] can also give every step's.
    pub fn lstm(self, units: usize) -> Self {
        self.layer(LstmConfig::new(units))
    }

    /// Adds a convolution with `filters` kernels of this height and width; [`Conv2dConfig`] has strides and padding.
    pub fn conv2d(self, filters: usize, kernel_size: [usize; 2], activation: Activation) -> Self {
        self.layer(Conv2dConfig::new(filters, kernel_size).with_activation(activation))
    }

    /// Adds a layer that keeps the largest value of each window of this height and width.
    pub fn max_pooling2d(self, pool_size: [usize; 2]) -> Self {
        self.layer(LayerConfig::MaxPooling2d { pool_size })
    }

    /// Adds dropout: the share `rate` of values set to zero in training.
    pub fn dropout(self, rate: f64) -> Self {
        self.layer(LayerConfig::Dropout { rate })
    }

    /// Adds a layer that lays each sample's values out in one row.
    pub fn flatten(self) -> Self {
        self.layer(LayerConfig::Flatten)
    }

    /// Adds an activation function.
    pub fn activation(self, function: Activation) -> Self {
        self.layer(LayerConfig::Activation { function })
    }

    /// Keras' table of the network: each layer's output shape and number of parameters, and their total.
    ///
    /// # Errors
    /// As [`Architecture::build`].
    pub fn summary(&self) -> Result<String, ModelError> {
        Ok(summary::table(&self.plan()?))
    }

    /// Names the layers and infers their shapes.
    pub(crate) fn plan(&self) -> Result<Vec<PlannedLayer<'_>>, ModelError> {
        if self.input.contains(&0) || self.input.len() >= Value::MAX_RANK {
            return Err(ModelError::Empty(format!(
                "input shape {:?}; give one to {} axes, none of them 0",
                self.input,
                Value::MAX_RANK - 1
            )));
        }
        if self.layers.is_empty() {
            return Err(ModelError::Empty("no layers; add at least one".into()));
        }
        let mut planned = Vec::<PlannedLayer>::with_capacity(self.layers.len());
        let mut input = self.input.clone();
        for config in &self.layers {
            let class = config.class();
            let name = match planned.iter().filter(|layer| layer.config.class() == class).count() {
                0 => snake_case(class),
                earlier => format!("{}_{earlier}", snake_case(class)),
            };
            let output = match config {
                LayerConfig::Embedding(_) if !planned.is_empty() => {
                    Err("an embedding takes ids; make it the first".into())
                }
                _ => config.output_shape(&input),
            };
            let output = output.map_err(|reason| ModelError::Layer { layer: name.clone(), reason })?;
            planned.push(PlannedLayer { config, name, input, output: output.clone() });
            input = output;
        }
        Ok(planned)
    }
}

/// `MaxPooling2D` as `max_pooling2d`, Keras' way.
fn snake_case(class: &str) -> String {
    let mut name = String::new();
    for letter in class.chars() {
        if letter.is_uppercase() && name.ends_with(char::is_lowercase) {
            name.push('_');
        }
        name.push(letter);
    }
    name.to_lowercase()
}

impl Architecture for Sequential {
    type Network = SequentialNetwork;

    fn build(&self, device: &Device, seed: u64) -> Result<SequentialNetwork, ModelError> {
        let plan = self.plan()?;
        let build = |(index, layer): (usize, &PlannedLayer)| {
            layer.config.build(&Place { input: &layer.input, index, seed, device })
        };
        let names = plan.iter().map(|layer| layer.name.clone()).collect();
        let last = &plan[plan.len() - 1];
        let output = OutputSpec {
            name: last.name.clone(),
            shape: last.output.clone(),
            activation: last.config.last_activation(),
        };
        let layers = plan.iter().enumerate().map(build).collect();
        Ok(SequentialNetwork { layers, names, output, architecture: self.clone() })
    }
}

/// A stack of layers with its weights.
#[derive(Module, Debug)]
pub struct SequentialNetwork {
    layers: Vec<Layer>,
    #[module(skip)]
    names: Vec<String>,
    #[module(skip)]
    output: OutputSpec,
    #[module(skip)]
    architecture: Sequential,
}

impl SequentialNetwork {
    /// What the network was built from.
    pub fn architecture(&self) -> &Sequential {
        &self.architecture
    }

    /// The stack's output, last activation and all: for a stack that is a part of a larger network, whose other parts
    /// take up from there.
    pub fn call(&self, input: Input, pass: Pass) -> Value {
        let logits = self.forward(vec![input], pass).swap_remove(0);
        map_tensor!(logits, x => self.output.activation.apply(x))
    }
}

impl Network for SequentialNetwork {
    fn inputs(&self) -> Vec<InputSpec> {
        let ids_below = match self.architecture.layers.first() {
            Some(LayerConfig::Embedding(config)) => Some(config.input_dim),
            _ => None,
        };
        vec![InputSpec { shape: self.architecture.input.clone(), ids_below }]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        vec![self.output.clone()]
    }

    fn forward(&self, inputs: Vec<Input>, pass: Pass) -> Vec<Value> {
        let run = |input| {
            let (first, others) = self.layers.split_first()?;
            let logits = first.enter(input, pass);
            let (_, logits) = others.iter().fold((first, logits), |(before, logits), layer| {
                (layer, layer.logits(before.activate(logits), pass))
            });
            Some(logits)
        };
        inputs.into_iter().filter_map(run).collect()
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        self.layers.iter().filter_map(Layer::penalty).reduce(Tensor::add)
    }

    /// `layers.0.Dense.kernel` as `dense.kernel`.
    fn weight_name(&self, path: &[String]) -> String {
        match path {
            [_, index, .., weight] => match index.parse().ok().and_then(|index: usize| self.names.get(index))
            {
                Some(layer) => format!("{layer}.{weight}"),
                None => path.join("."),
            },
            _ => path.join("."),
        }
    }

    fn architecture_json(&self) -> Option<String> {
        serde_json::to_string(&self.architecture).ok()
    }
}
